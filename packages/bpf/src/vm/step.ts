/**
 * A program is translated once into an array of steps, one for each instruction. A step does its
 * instruction and gives the index of the next one, or one of the endings below.
 */
export type Step = () => number;

/** The function returns: `exit`. */
export const EXIT = -1;
/** Another program takes over: a tail call that succeeded. */
export const TAIL_CALL = -2;

/** What the helper of tail calls answers when another program takes over. */
export const TAKEN_OVER: unique symbol = Symbol("taken over");
