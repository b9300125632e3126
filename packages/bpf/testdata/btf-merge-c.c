/* Has a struct list and a struct inode that only share the names of the others', and the same struct pair. */
typedef unsigned int u32;

#define SEC(name) __attribute__((section(name), used))

struct list {
	struct list *only;
	u32 length;
};

struct inode {
	struct list list;
	_Bool dirty;
} __attribute__((btf_decl_tag("other")));

enum mode { ON = -1, OFF };

SEC("c") int in_c(struct inode *inode, enum mode mode, const u32 *const *table)
{
	return inode->list.length + inode->dirty + (mode == ON) + (table != 0);
}
