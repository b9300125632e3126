/** Parallel copies, as the phis of a block ask for them, put into an order that loses nothing. */

export interface RegisterCopy {
  readonly to: number;
  from: number;
}

/**
 * Calls `emit` for each copy such that no register is overwritten before it has been read. A cycle
 * is broken by a register from `fresh`. The targets must differ from each other.
 */
export function sequence(
  copies: readonly RegisterCopy[],
  fresh: () => number,
  emit: (to: number, from: number) => void,
): void {
  let pending = copies.filter((copy) => copy.to !== copy.from);
  while (pending.length > 0) {
    const blocked: RegisterCopy[] = [];
    for (const copy of pending) {
      if (pending.some((other) => other !== copy && other.from === copy.to)) blocked.push(copy);
      else {
        emit(copy.to, copy.from);
        copy.from = copy.to;
      }
    }
    if (blocked.length === pending.length) {
      // Only cycles are left: keep one target's old value aside, which frees that target.
      const { to } = blocked[0]!;
      const aside = fresh();
      emit(aside, to);
      for (const copy of blocked) if (copy.from === to) copy.from = aside;
    }
    pending = blocked;
  }
}
