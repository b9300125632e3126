/* Says what libbpf makes of section names: for each line read "name", writes "name type attach_type", numbers or -1 -1. */
#include <stdio.h>
#include <string.h>
#include <bpf/libbpf.h>

int main(void)
{
	char name[256];

	libbpf_set_print(NULL);
	while (fgets(name, sizeof(name), stdin)) {
		enum bpf_prog_type type = -1;
		enum bpf_attach_type attach = -1;

		name[strcspn(name, "\n")] = 0;
		if (libbpf_prog_type_by_name(name, &type, &attach))
			printf("%s -1 -1\n", name);
		else
			printf("%s %d %d\n", name, type, attach);
	}
	return 0;
}
