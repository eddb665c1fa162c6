import { MOST_SCALERS } from "../../config/loops.ts";
import {
  measurePublishingPoll,
  measureQuietPoll,
  measureScalingPoll,
} from "../../local/measure/measure-polls.ts";
import { startMeasurement } from "../../local/measure/measured-loop.ts";
import type { LoopBytes } from "./monthly-cost.ts";

/**
 * Measures the bytes that each loop logs per poll, by running polls in the sandbox. Loops of the same
 * size are measured once.
 */
export async function measureLoops(queues: number): Promise<LoopBytes[]> {
  const createLoop = await startMeasurement();
  const sizes = listLoopSizes(queues);
  const bytesBySize = new Map<number, LoopBytes>();
  for (const size of new Set(sizes)) {
    bytesBySize.set(size, {
      quietPoll: (await measureQuietPoll(createLoop(size))).bytes,
      scalingPoll: (await measureScalingPoll(createLoop(size))).bytes,
      publishingPoll: (await measurePublishingPoll(createLoop(size))).bytes,
    });
  }
  await createLoop(1).sandbox.close();
  return sizes.flatMap((size) => bytesBySize.get(size) ?? []);
}

/** The number of scalers of each loop: full loops, then the remainder. */
export function listLoopSizes(queues: number): number[] {
  const full = Array.from({ length: Math.floor(queues / MOST_SCALERS) }, () => MOST_SCALERS);
  const rest = queues % MOST_SCALERS;
  return rest === 0 ? full : [...full, rest];
}
