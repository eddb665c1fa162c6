import { MOST_SCALERS } from "../../config/loops.ts";
import {
  measureListeningPoll,
  measureOpeningBytes,
  measurePublishingPoll,
  measureQuietPoll,
  measureScalingPoll,
} from "../../local/measure/measure-polls.ts";
import { type CreateMeasuredLoop, startMeasurement } from "../../local/measure/measured-loop.ts";
import type { LoopBytes } from "./monthly-cost.ts";

/**
 * Measures the bytes that each loop logs per poll, for each number of queues, by running polls in one
 * sandbox. Loops of the same size are measured once. `onSize` is called before a size is measured. What
 * listening for events adds does not depend on the size.
 */
export async function measureLoops(
  queueCounts: readonly number[],
  { listens = false, onSize = () => {} }: MeasureOptions = {},
): Promise<LoopBytes[][]> {
  const sizesByCount = queueCounts.map(listLoopSizes);
  const createLoop = await startMeasurement();
  const listening = listens ? await measureListening(createLoop) : 0;
  const bytesBySize = new Map<number, LoopBytes>();
  for (const size of new Set(sizesByCount.flat())) {
    onSize(size);
    bytesBySize.set(size, { ...(await measureLoop(size, createLoop)), listening });
  }
  await createLoop(1).sandbox.close();
  return sizesByCount.map((sizes) => sizes.flatMap((size) => bytesBySize.get(size) ?? []));
}

interface MeasureOptions {
  listens?: boolean;
  onSize?: (scalers: number) => void;
}

async function measureListening(createLoop: CreateMeasuredLoop): Promise<number> {
  const quiet = await measureQuietPoll(createLoop(1));
  const listening = await measureListeningPoll(createLoop(1));
  return listening.bytes - quiet.bytes;
}

async function measureLoop(
  scalers: number,
  createLoop: CreateMeasuredLoop,
): Promise<Omit<LoopBytes, "listening">> {
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
