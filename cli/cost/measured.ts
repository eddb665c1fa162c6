import { MOST_SCALERS } from "../../config/loops.ts";
import { benchLoops } from "../../local/measured-loop.ts";
import { publishingPoll, quietPoll, scalingPoll } from "../../local/poll-bytes.ts";
import type { LoopBytes } from "./month.ts";

/**
 * What each loop for so many queues logs at a poll, measured by running such polls here. Loops of the
 * same size are measured once.
 */
export async function measuredLoops(queues: number): Promise<LoopBytes[]> {
  const loopOf = await benchLoops();
  const sizes = sizesOf(queues);
  const measured = new Map<number, LoopBytes>();
  for (const size of new Set(sizes)) {
    measured.set(size, {
      quietPoll: (await quietPoll(loopOf(size))).bytes,
      scalingPoll: (await scalingPoll(loopOf(size))).bytes,
      publishingPoll: (await publishingPoll(loopOf(size))).bytes,
    });
  }
  await loopOf(1).sandbox.close();
  return sizes.flatMap((size) => measured.get(size) ?? []);
}

/** How many scalers each loop has: as many as a loop carries, and the rest. */
export function sizesOf(queues: number): number[] {
  const full = Array.from({ length: Math.floor(queues / MOST_SCALERS) }, () => MOST_SCALERS);
  const rest = queues % MOST_SCALERS;
  return rest === 0 ? full : [...full, rest];
}
