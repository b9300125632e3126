/**
 * The eleven registers of the BPF machine and its calling convention: a call takes its arguments in
 * R1 to R5, returns in R0, destroys R0 to R5 and keeps R6 to R9.
 */
export const R0 = 0;
export const R1 = 1;
export const R2 = 2;
export const R3 = 3;
export const R4 = 4;
export const R5 = 5;
export const R6 = 6;
export const R7 = 7;
export const R8 = 8;
export const R9 = 9;
/** The frame pointer: read-only, just above the frame's highest byte. */
export const R10 = 10;

/** Bytes of stack that one frame may use, below R10. */
export const STACK_SIZE = 512;
