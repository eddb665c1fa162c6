import { MOST_SCALERS } from "../../config/loops.ts";
import { createMeasuredLoops } from "../../local/measured-loop.ts";
import {
  measurePublishingPoll,
  measureQuietPoll,
  measureScalingPoll,
} from "../../local/poll-bytes.ts";
import type { LoopBytes } from "./monthly-cost.ts";

/**
 * What each loop for so many queues logs at a poll, measured by running such polls here. Loops of the
 * same size are measured once.
 */
export async function measureLoops(queues: number): Promise<LoopBytes[]> {
  const loopOf = await createMeasuredLoops();
  const sizes = measureSizes(queues);
  const measured = new Map<number, LoopBytes>();
  for (const size of new Set(sizes)) {
    measured.set(size, {
      quietPoll: (await measureQuietPoll(loopOf(size))).bytes,
      scalingPoll: (await measureScalingPoll(loopOf(size))).bytes,
      publishingPoll: (await measurePublishingPoll(loopOf(size))).bytes,
    });
  }
  await loopOf(1).sandbox.close();
  return sizes.flatMap((size) => measured.get(size) ?? []);
}

/** How many scalers each loop has: as many as a loop carries, and the rest. */
export function measureSizes(queues: number): number[] {
  const full = Array.from({ length: Math.floor(queues / MOST_SCALERS) }, () => MOST_SCALERS);
  const rest = queues % MOST_SCALERS;
  return rest === 0 ? full : [...full, rest];
}
