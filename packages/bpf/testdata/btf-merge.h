/* What the objects of the deduplication test have in common, each by its own copy. */
typedef unsigned long long u64;
typedef unsigned int u32;

struct list {
	struct list *next, **previous;
};

enum mode { READ, WRITE = 1, BOTH = 0x7fffffff };

struct inode;
struct file;

typedef int (*open_t)(struct inode *, struct file *, ...);

struct file {
	struct list entries;
	struct inode *inode;
	open_t open;
	const volatile char *name;
	union {
		u64 position;
		struct {
			u32 low, high;
		} halves;
	};
	u32 flags : 3, state : 5;
	enum mode mode;
	struct list *buckets[4];
};

#define SEC(name) __attribute__((section(name), used))
