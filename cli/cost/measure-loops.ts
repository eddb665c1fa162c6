import { MOST_SCALERS } from "../../config/loops.ts";
import { createMeasuredLoops } from "../../local/measured-loop.ts";
import {
  measurePublishingPoll,
  measureQuietPoll,
  measureScalingPoll,
} from "../../local/poll-bytes.ts";
import type { LoopBytes } from "./monthly-cost.ts";

/**
 * Measures the bytes that each loop logs per poll, by running polls in the sandbox. Loops of the same
 * size are measured once.
 */
export async function measureLoops(queues: number): Promise<LoopBytes[]> {
  const loopOf = await createMeasuredLoops();
  const sizes = listLoopSizes(queues);
  const bytesBySize = new Map<number, LoopBytes>();
  for (const size of new Set(sizes)) {
    bytesBySize.set(size, {
      quietPoll: (await measureQuietPoll(loopOf(size))).bytes,
      scalingPoll: (await measureScalingPoll(loopOf(size))).bytes,
      publishingPoll: (await measurePublishingPoll(loopOf(size))).bytes,
    });
  }
  await loopOf(1).sandbox.close();
  return sizes.flatMap((size) => bytesBySize.get(size) ?? []);
}

/** The number of scalers of each loop: full loops, then the remainder. */
export function listLoopSizes(queues: number): number[] {
  const full = Array.from({ length: Math.floor(queues / MOST_SCALERS) }, () => MOST_SCALERS);
  const rest = queues % MOST_SCALERS;
  return rest === 0 ? full : [...full, rest];
}
