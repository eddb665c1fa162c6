import { MOST_SCALERS } from "../../config/loops.ts";
import {
  measureOpeningBytes,
  measurePublishingPoll,
  measureQuietPoll,
  measureScalingPoll,
} from "../../local/measure/measure-polls.ts";
import { type CreateMeasuredLoop, startMeasurement } from "../../local/measure/measured-loop.ts";
import type { LoopBytes } from "./monthly-cost.ts";

/**
 * Measures the bytes that each loop logs per poll, for each number of queues, by running polls in one
 * sandbox. Loops of the same size are measured once. `onSize` is called before a size is measured.
 */
export async function measureLoops(
  queueCounts: readonly number[],
  onSize: (scalers: number) => void = () => {},
): Promise<LoopBytes[][]> {
  const sizesByCount = queueCounts.map(listLoopSizes);
  const createLoop = await startMeasurement();
  const bytesBySize = new Map<number, LoopBytes>();
  for (const size of new Set(sizesByCount.flat())) {
    onSize(size);
    bytesBySize.set(size, await measureLoop(size, createLoop));
  }
  await createLoop(1).sandbox.close();
  return sizesByCount.map((sizes) => sizes.flatMap((size) => bytesBySize.get(size) ?? []));
}

async function measureLoop(scalers: number, createLoop: CreateMeasuredLoop): Promise<LoopBytes> {
  return {
    opening: await measureOpeningBytes(createLoop(scalers)),
    quietPoll: (await measureQuietPoll(createLoop(scalers))).bytes,
    scalingPoll: (await measureScalingPoll(createLoop(scalers))).bytes,
    publishingPoll: (await measurePublishingPoll(createLoop(scalers))).bytes,
  };
}

/** The number of scalers of each loop: full loops, then the remainder. */
export function listLoopSizes(queues: number): number[] {
  const full = Array.from({ length: Math.floor(queues / MOST_SCALERS) }, () => MOST_SCALERS);
  const rest = queues % MOST_SCALERS;
  return rest === 0 ? full : [...full, rest];
}
