import { LONGEST_LISTEN_SECONDS } from "../../functions/core/events.ts";
import { findNearestName, type Problem } from "../../functions/core/problems.ts";
import type { GroupLimits, SimulateFlags } from "./flags.ts";

/** What {@link checkFlags} needs beside the values of the flags. */
export interface FlagContext {
  /** Whether the user wrote an option; its name is that of {@link SimulateFlags}. */
  isGiven(option: string): boolean;
  /** The groups of all scalers files. */
  groups: readonly string[];
  /** Whether a policy listens to Buildkite's events. */
  hasEvents: boolean;
}

/** Finds flags that contradict each other or that would have no effect. */
export function checkFlags(flags: SimulateFlags, context: FlagContext): Problem[] {
  return [
    ...checkLimits(flags),
    ...flags.limits.flatMap(({ group }) => checkGroup(group, context.groups)),
    ...findDuplicates(flags.limits),
    ...findUnusedFlags(flags, context),
    ...checkEvents(flags, context),
  ];
}

const EVENT_FLAGS = { "--event-delay": "eventDelay", "--events-lost": "eventsLost" };

function checkEvents(
  { pollInterval = 0 }: SimulateFlags,
  { isGiven, hasEvents }: FlagContext,
): Problem[] {
  if (!hasEvents)
    return Object.entries(EVENT_FLAGS)
      .filter(([, option]) => isGiven(option))
      .map(([flag]) => ({
        where: flag,
        what: "is set, but no policy has events; add --compare events, or events to a cluster",
      }));
  if (pollInterval <= LONGEST_LISTEN_SECONDS) return [];
  const what = `${pollInterval} is too long with events; allowed: at most ${LONGEST_LISTEN_SECONDS}`;
  return [{ where: "--poll-interval", what }];
}

function checkLimits({ min, max }: SimulateFlags): Problem[] {
  return min > max ? [{ where: "--min", what: `${min} is above --max, which is ${max}` }] : [];
}

function checkGroup(group: string, groups: readonly string[]): Problem[] {
  if (groups.length === 0 || groups.includes(group)) return [];
  const meant = findNearestName(group, groups);
  const hint = meant === undefined ? `allowed: ${groups.join(", ")}` : `did you mean "${meant}"?`;
  return [{ where: `--limits ${group}`, what: `no scaler has a group of this name; ${hint}` }];
}

function findDuplicates(limits: readonly GroupLimits[]): Problem[] {
  const byGroup = Map.groupBy(limits, ({ group }) => group);
  return [...byGroup]
    .filter(([, { length }]) => length > 1)
    .map(([group]) => ({ where: `--limits ${group}`, what: "is set twice; keep one of the two" }));
}

/** Flags that describe made-up jobs: with `--jobs`, the files have the jobs and their period. */
const WORKLOAD_FLAGS = ["workload", "set", "from", "days"];

function findUnusedFlags({ jobs }: SimulateFlags, { isGiven }: FlagContext): Problem[] {
  if (jobs.length > 0)
    return WORKLOAD_FLAGS.filter(isGiven).map((name) => ({
      where: `--${name}`,
      what: "is set together with --jobs, whose files have the jobs and their period; use one of the two",
    }));
  if (!isGiven("defaultQueue")) return [];
  return [{ where: "--default-queue", what: "is set without --jobs; it is for jobs of files" }];
}
