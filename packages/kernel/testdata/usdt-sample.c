/*
 * cc -O1 -static -nostdlib -fno-stack-protector -fcf-protection=none -Wl,--build-id=none -o usdt-sample usdt-sample.c
 * and with -static-pie -fpie: usdt-sample-pie
 *
 * Waits for a byte, then passes its three probes ten times; the second only while somebody listens.
 */
#define NOTE(provider, name, semaphore, arguments) \
	"990: nop\n" \
	".pushsection .note.stapsdt,\"\",\"note\"\n" \
	".balign 4\n.4byte 992f-991f, 994f-993f, 3\n" \
	"991: .asciz \"stapsdt\"\n992: .balign 4\n" \
	"993: .8byte 990b\n.8byte _.stapsdt.base\n.8byte " semaphore "\n" \
	".asciz \"" provider "\"\n.asciz \"" name "\"\n.asciz \"" arguments "\"\n" \
	"994: .balign 4\n.popsection\n" \
	".ifndef _.stapsdt.base\n" \
	".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n" \
	".weak _.stapsdt.base\n.hidden _.stapsdt.base\n_.stapsdt.base: .space 1\n.size _.stapsdt.base, 1\n" \
	".popsection\n.endif\n"

volatile unsigned short sonde_test_counted_semaphore __attribute__((section(".probes"), used));

static long call(long number, long a, long b, long c)
{
	long result;

	asm volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return result;
}

/* Of indices 1 to 10, since the probe's argument is one entry further than its registers say. */
static const volatile int squares[] = { 0, 0, -1, -4, -9, -16, -25, -36, -49, -64, -81, -100 };

__attribute__((noinline)) static void pass(long round)
{
	volatile int negative = -5;

	asm volatile(NOTE("sonde_test", "plain", "0", "8@%[round] -4@%[negative] 4@$1234") : : [round] "r"(round), [negative] "m"(negative));
	if (sonde_test_counted_semaphore)
		asm volatile(NOTE("sonde_test", "counted", "sonde_test_counted_semaphore", "8@%[round]") : : [round] "r"(round));
	asm volatile(NOTE("sonde_test", "indexed", "0", "-4@4(%[squares],%[round],4) 8@%[round]") : : [squares] "r"(squares), [round] "r"(round), "m"(squares));
}

void _start(void)
{
	char byte;

	call(0, 0, (long)&byte, 1);
	(void)squares[0]; /* Programs read only memory that is there already. */
	for (long round = 1; round <= 10; round++)
		pass(round);
	call(60, 0, 0, 0);
	for (;;)
		;
}
