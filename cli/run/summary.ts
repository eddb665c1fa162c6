import { formatDuration } from "../../functions/core/duration.ts";
import { plural } from "../../functions/core/plural.ts";

/** What a run came to. */
export interface RunTally {
  seconds: number;
  polls: number;
  scaleOuts: number;
  scaleIns: number;
  /** Decisions that a fault held. */
  held: number;
  /** Changes that AWS refused. */
  refused: number;
  /** Steps that failed as a whole, and executions that did. */
  failed: number;
}

/** The tally as lines, each a label and what is to be said. */
export function formatRunSummary(tally: RunTally, dryRun: boolean): string[] {
  const { seconds, polls, scaleOuts, scaleIns, held, refused, failed } = tally;
  const moved = [plural(scaleOuts, "scale-out"), plural(scaleIns, "scale-in")];
  const faults = [
    ...(held === 0 ? [] : [`${held} held by a fault`]),
    ...(refused === 0 ? [] : [`${refused} refused`]),
    ...(failed === 0 ? [] : [`${plural(failed, "step")} failed`]),
  ];
  return [
    `ran for         ${formatDuration(Math.round(seconds))}`,
    `polls           ${polls}`,
    `decisions       ${[...moved, ...faults].join(", ")}${dryRun ? "; a dry run: nothing was written" : ""}`,
  ];
}

/** Nothing was held by a fault, refused, or failed. */
export function isSuccess({ held, refused, failed }: RunTally): boolean {
  return held + refused + failed === 0;
}
