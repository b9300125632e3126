/* Defines struct inode, through which the types go round in a circle. */
#include "btf-merge.h"

struct inode {
	struct file *files;
	struct inode *parent;
	u64 number;
	enum mode mode;
	struct {
		double ratio;
		struct list all;
	};
};

SEC("b") int in_b(struct inode *inode, u32 __attribute__((btf_type_tag("user"))) *from)
{
	return inode->number + inode->files->position + (inode->parent->all.next != 0) + (from != 0);
}

SEC("b") int with_file(struct file *file)
{
	return file->inode->number;
}

static __attribute__((noinline)) int helper(struct list *list)
{
	return list->next->next != list;
}

SEC("b") int with_other_helper(struct list *list)
{
	return helper(list);
}
