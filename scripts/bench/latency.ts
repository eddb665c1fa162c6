import type { CreateMeasuredLoop, MeasuredLoop } from "../../local/measure/measured-loop.ts";
import { percentile, sortValues } from "../../simulation/statistics.ts";
import { printHeading, printTable } from "./print.ts";

const WARM_UP = 20;
const POLLS = 250;

/** (b): from a poll's first request until AWS receives the new desired capacity. */
export async function benchLatency(createLoop: CreateMeasuredLoop): Promise<void> {
  printHeading(
    `b  From a poll's first request to SetDesiredCapacity received, ${POLLS} scaling polls`,
    "engine, handlers and HTTP on this machine; AWS adds Lambda invocations and its network",
  );
  const rows: string[][] = [];
  for (const scalers of [1, 20]) {
    const times = sortValues(await measureLatencies(createLoop(scalers)));
    const percentiles = [0.5, 0.99].map((share) => (percentile(times, share) ?? 0).toFixed(1));
    rows.push([String(scalers), String(times.length), ...percentiles]);
  }
  printTable(["scalers", "polls", "p50 ms", "p99 ms"], rows);
}

/** Returns the latency of each poll, in milliseconds. The jobs change, so that every poll scales. */
async function measureLatencies(loop: MeasuredLoop): Promise<number[]> {
  const times: number[] = [];
  for (let poll = 0; poll < WARM_UP + POLLS; poll += 1) {
    loop.setDesired(0);
    loop.setJobs(poll % 2 === 0 ? 8 : 12);
    loop.sandbox.calls.length = 0;
    await loop.run(0);
    if (poll >= WARM_UP) times.push(readLatencyMs(loop));
  }
  return times;
}

const READS: readonly string[] = ["metrics", "metrics/queue", "DescribeAutoScalingGroups"];

/** From the first read to the first change. */
function readLatencyMs({ sandbox }: MeasuredLoop): number {
  const read = sandbox.calls.find(({ action }) => READS.includes(action));
  const set = sandbox.calls.find(({ action }) => action === "SetDesiredCapacity");
  if (read === undefined || set === undefined) throw new Error("the poll did not scale");
  return set.atMs - read.atMs;
}
