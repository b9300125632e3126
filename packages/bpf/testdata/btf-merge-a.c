/* Knows of struct inode nothing but its name. */
#include "btf-merge.h"

SEC("a") int in_a(struct file *file, enum mode mode)
{
	return file->flags + file->halves.low + (file->inode != 0) + (mode == file->mode) + (file->buckets[1] != 0);
}

static __attribute__((noinline)) int helper(struct list *list)
{
	return list->next->next != list;
}

SEC("a") int with_helper(struct list *list)
{
	return helper(list);
}
