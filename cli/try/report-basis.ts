import { formatDuration } from "../../functions/core/duration.ts";
import { formatPrice } from "../../simulation/report/figures.ts";
import type { ReportBasis } from "../../simulation/report/report-input.ts";
import { formatCommandLine } from "../terminal/command-line.ts";
import { formatSettings } from "../terminal/settings-yaml.ts";
import { INSTANCE, MAX_SIZE } from "./demo-fleet.ts";
import type { TryoutOptions } from "./run-tryout.ts";
import { PRICE_PER_HOUR } from "./trace-recorder.ts";

/** Describes what the figures of a tryout rest on. @param args the command line after the program's name */
export function describeTryout(
  { loop, workload, seed, seconds, hasEvents }: TryoutOptions,
  args: readonly string[],
): ReportBasis {
  const { boot, connect } = INSTANCE;
  return {
    summary: `${workload}, seed ${seed}`,
    command: formatCommandLine(args),
    facts: [
      {
        name: "Run",
        text: `${formatDuration(seconds)} in real time, the deployed definition and handlers`,
      },
      {
        name: "Polls",
        text: hasEvents ? "on the beat, and when an event of Buildkite arrives" : "on the beat",
      },
      { name: "Workload", text: `${workload}: a working day, shortened to minutes` },
      { name: "Seed", text: `${seed}: the same seed makes the same jobs` },
      { name: "Instances per group", text: `0 to ${MAX_SIZE}` },
      { name: "Boot", text: `${boot.from} to ${boot.to} s, so that it can be watched` },
      { name: "Agents connect", text: `${connect.from} to ${connect.to} s later` },
      {
        name: "Price",
        text: `${formatPrice(PRICE_PER_HOUR)} (US dollars) per instance-hour, a round figure`,
      },
    ],
    settings: [{ name: loop.name, yaml: formatSettings([loop]) }],
  };
}
