import type { FaultKind } from "./fault-kinds.ts";
import { runTorture, type TortureResult } from "./torture.ts";

/**
 * Makes a failing run smaller as long as it breaks the same rule: removes one kind of fault after the
 * other, and the days after the violation. Returns the smallest failing run.
 */
export async function shrink(failing: TortureResult, run = runTorture): Promise<TortureResult> {
  let smallest = failing;
  for (let days = failing.options.days / 2; days >= 0.25; days /= 2) {
    const next = await run({ ...smallest.options, days });
    if (!breaksSameRule(next, failing)) break;
    smallest = next;
  }
  for (const kind of [...smallest.options.kinds]) {
    const kinds = smallest.options.kinds.filter((other) => other !== kind);
    if (!hasStruck(smallest, kind)) {
      smallest = { ...smallest, options: { ...smallest.options, kinds } };
      continue;
    }
    const next = await run({ ...smallest.options, kinds });
    if (breaksSameRule(next, failing)) smallest = next;
  }
  return smallest;
}

function hasStruck({ faults }: TortureResult, kind: FaultKind): boolean {
  return (faults.get(kind) ?? 0) > 0;
}

function breaksSameRule({ violations: [first] }: TortureResult, other: TortureResult): boolean {
  return first !== undefined && first.rule === other.violations[0]?.rule;
}
