/** A stretch between two rows of a picture. */
export interface Stretch {
  fromRow: number;
  toRow: number;
}

/**
 * Puts each stretch into the innermost lane in which it touches no other, short ones first, so that
 * lines side by side never lie on one another. Gives the lanes in the order of the stretches.
 */
export function lanesOf(stretches: readonly Stretch[]): number[] {
  const lanes = stretches.map(() => 0);
  const taken: Stretch[][] = [];
  const shortFirst = [...stretches.entries()].sort(([, a], [, b]) => lengthOf(a) - lengthOf(b));
  for (const [index, stretch] of shortFirst) {
    const free = taken.findIndex((others) => !others.some((other) => touches(other, stretch)));
    const lane = free === -1 ? taken.length : free;
    taken[lane] = [...(taken[lane] ?? []), stretch];
    lanes[index] = lane;
  }
  return lanes;
}

function lengthOf({ fromRow, toRow }: Stretch): number {
  return Math.abs(toRow - fromRow);
}

function touches(a: Stretch, b: Stretch): boolean {
  return (
    Math.min(a.fromRow, a.toRow) <= Math.max(b.fromRow, b.toRow) &&
    Math.min(b.fromRow, b.toRow) <= Math.max(a.fromRow, a.toRow)
  );
}
