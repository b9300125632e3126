/*
 * A program whose debugging information has everything that C has. Run, it prints what its compiler knows of
 * its types: "struct member offset size", and for bit fields "struct member bits MASK", by which the tests check
 * what is read.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum colour { RED, GREEN = 7, BLUE = -1 };
enum wide { FAR = 0x123456789abLL };
union value {
	long number;
	char text[8];
};
struct inner {
	int x : 3;
	unsigned y : 7;
	unsigned long long far : 33;
	short z;
};
struct opaque;
struct order {
	int id;
	const char *name;
	struct inner in;
	enum colour colour;
	union value v;
	struct order *next;
	volatile int items[4];
	short grid[2][3];
	struct {
		int anonymous;
		union {
			char c;
			long l;
		};
	};
	_Bool ready;
	double price;
	int (*handler)(struct order *, int);
	struct opaque *hidden;
	char comm[16];
	unsigned char flexible[];
};
typedef struct order order_t;

#define MEMBER(type, member) printf("order " #member " %zu %zu\n", offsetof(type, member), sizeof(((type *)0)->member))
#define BITS(member)                                                                                                   \
	{                                                                                                              \
		struct inner b;                                                                                        \
		unsigned char *bytes = (unsigned char *)&b;                                                            \
		memset(&b, 0, sizeof b);                                                                               \
		b.member = -1;                                                                                         \
		printf("inner " #member " bits ");                                                                     \
		for (size_t i = 0; i < sizeof b; i++)                                                                  \
			printf("%02x", bytes[i]);                                                                      \
		printf("\n");                                                                                          \
	}

static inline __attribute__((always_inline)) int twice(int a)
{
	__asm__ volatile("" : "+r"(a));
	return a * 2;
}

static inline __attribute__((always_inline)) int add(int a, int b)
{
	__asm__ volatile("" : "+r"(a));
	return twice(a) + b;
}

__attribute__((noinline)) int take(order_t *o, long n, unsigned char c, enum colour k, double d, int flag)
{
	__asm__ volatile("");
	return add(o->id, (int)n) + c + (int)d + flag + (int)k;
}

enum wide far = FAR;

int main(void)
{
	order_t o = {5, "apple"};
	MEMBER(order_t, id);
	MEMBER(order_t, name);
	MEMBER(order_t, in);
	MEMBER(order_t, in.z);
	MEMBER(order_t, colour);
	MEMBER(order_t, v.text);
	MEMBER(order_t, next);
	MEMBER(order_t, items);
	MEMBER(order_t, grid);
	MEMBER(order_t, anonymous);
	MEMBER(order_t, l);
	MEMBER(order_t, ready);
	MEMBER(order_t, price);
	MEMBER(order_t, handler);
	MEMBER(order_t, hidden);
	MEMBER(order_t, comm);
	BITS(x);
	BITS(y);
	BITS(far);
	return take(&o, 3, 4, GREEN, 2.5, 6) + add(o.id, 2) == 0;
}
