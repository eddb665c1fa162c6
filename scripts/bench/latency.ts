import type { MeasuredLoop } from "../../local/measured-loop.ts";
import { percentile, sortValues } from "../../simulation/statistics.ts";
import { printHeading, printTable } from "./print.ts";

const WARM_UP = 20;
const POLLS = 250;

/** (b): from a poll's first request until AWS was told the new desired capacity. */
export async function benchLatency(loopOf: (scalers: number) => MeasuredLoop): Promise<void> {
  printHeading(
    `b  From a poll's first request to SetDesiredCapacity received, ${POLLS} scaling polls`,
    "engine, handlers and HTTP on this machine; AWS adds its own Lambda calls and network",
  );
  const rows: string[][] = [];
  for (const scalers of [1, 20]) {
    const times = sortValues(await latencies(loopOf(scalers)));
    const shown = [0.5, 0.99].map((share) => (percentile(times, share) ?? 0).toFixed(1));
    rows.push([String(scalers), String(times.length), ...shown]);
  }
  printTable(["scalers", "polls", "p50 ms", "p99 ms"], rows);
}

/** Jobs go up and down, so that every poll scales out or in. */
async function latencies(loop: MeasuredLoop): Promise<number[]> {
  const times: number[] = [];
  loop.setDesired(0);
  for (let poll = 0; poll < WARM_UP + POLLS; poll += 1) {
    loop.setDesired(0);
    loop.setJobs(poll % 2 === 0 ? 8 : 12);
    loop.sandbox.calls.length = 0;
    await loop.run(0);
    if (poll >= WARM_UP) times.push(firstToFirst(loop));
  }
  return times;
}

function firstToFirst({ sandbox }: MeasuredLoop): number {
  const read = sandbox.calls.find(({ action }) => READS.includes(action));
  const set = sandbox.calls.find(({ action }) => action === "SetDesiredCapacity");
  if (read === undefined || set === undefined) throw new Error("the poll did not scale");
  return set.atMs - read.atMs;
}

const READS: readonly string[] = ["metrics", "metrics/queue", "DescribeAutoScalingGroups"];
