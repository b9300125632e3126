/* What the chains of calls have in common with the shared library. */
typedef void (*function)(long);
/** Prints the name of a chain and the return addresses on the stack, as the C library's own unwinder finds them. */
void here(const char *name);
/** Calls a function from inside of the shared library. */
void through_library(function callee, long argument);
/** Calls one that aligns its stack anew, with an array whose size nobody knows. */
void aligned(function callee, long argument);
