import * as v from "valibot";
import { formatDuration } from "../functions/core/duration.ts";
import { plural } from "../functions/core/plural.ts";
import type { Scaler } from "../functions/core/scaler.ts";
import { danglingCheckSchema } from "../functions/core/scaler-entry.ts";
import type { FileEntry, ScalersFile, SettingProblem } from "./scalers-file.ts";
import { getValue, type Path } from "./setting-path.ts";

/** Finds settings that work, but hardly as they were meant. Warnings do not block a deploy. */
export function findWarnings(file: ScalersFile): SettingProblem[] {
  const entries = file.entries.filter(hasScaler);
  return [
    ...findInterruptingScaleIn(entries),
    ...entries.flatMap((entry) => SCALER_WARNINGS.flatMap((warning) => applyTo(entry, warning))),
    ...findOversharedQueues(entries),
  ];
}

/** An entry without problems. */
type ValidEntry = FileEntry & { scaler: Scaler };

function hasScaler(entry: FileEntry): entry is ValidEntry {
  return entry.scaler !== undefined;
}

/** A warning about one scaler. */
interface ScalerWarning {
  /** The setting that the warning is shown at, then the others that take part in it. */
  settings: readonly [Path, ...Path[]];
  applies(scaler: Scaler): boolean;
  what(scaler: Scaler): string;
}

const LONG_COOLDOWN_SECONDS = 3600;

function scalesIn({ scaleIn, elasticCiMode }: Scaler): boolean {
  return !scaleIn.disabled || elasticCiMode;
}

const DANGLING_DEFAULTS = v.parse(danglingCheckSchema, {});

function hasOwnDanglingCheck({ danglingCheck }: Scaler): boolean {
  const { minimumUptime, maxInstances } = DANGLING_DEFAULTS;
  return (
    danglingCheck.minimumUptimeSeconds !== minimumUptime ||
    danglingCheck.maxInstances !== maxInstances
  );
}

const SCALER_WARNINGS: readonly ScalerWarning[] = [
  {
    settings: [["scaleIn", "factor"]],
    applies: (scaler) => scalesIn(scaler) && (scaler.scaleIn.factor ?? 0) > 1,
    what: ({ scaleIn }) =>
      scaleIn.graceful
        ? `${scaleIn.factor} is above 1, which has no effect in a graceful group: the loop never drains more instances than the surplus`
        : `${scaleIn.factor} is above 1: a scale-in goes below what the jobs need, and interrupts running jobs`,
  },
  {
    settings: [["instanceBuffer"], ["maxInstanceCap"]],
    applies: ({ instanceBuffer, maxInstanceCap }) =>
      maxInstanceCap > 0 && instanceBuffer > maxInstanceCap,
    what: ({ instanceBuffer, maxInstanceCap }) =>
      `${instanceBuffer} is more than maxInstanceCap: the cap includes the buffer, so the buffer is limited to ${maxInstanceCap}`,
  },
  {
    settings: [
      ["scaleIn", "cooldown"],
      ["scaleIn", "disabled"],
    ],
    applies: (scaler) => scalesIn(scaler) && scaler.scaleIn.cooldownSeconds > LONG_COOLDOWN_SECONDS,
    what: ({ scaleIn }) =>
      `${formatDuration(scaleIn.cooldownSeconds)} is longer than an hour: you pay for instances that become idle after a scale-in until the next one`,
  },
  {
    settings: [
      ["scaleOut", "cooldown"],
      ["scaleOut", "disabled"],
    ],
    applies: ({ scaleOut }) =>
      !scaleOut.disabled && scaleOut.cooldownSeconds > LONG_COOLDOWN_SECONDS,
    what: ({ scaleOut }) =>
      `${formatDuration(scaleOut.cooldownSeconds)} is longer than an hour: jobs that arrive after a scale-out wait that long for the next one`,
  },
  {
    settings: [["scaleIn", "disabled"], ["elasticCiMode"]],
    applies: ({ scaleIn, elasticCiMode }) => scaleIn.disabled && elasticCiMode,
    what: () =>
      "true has no effect: in Elastic CI mode the loop drains idle instances all the same; to leave that to the instances themselves, remove elasticCiMode",
  },
  {
    settings: [["scaleIn", "endedBy"], ["elasticCiMode"]],
    applies: ({ scaleIn, elasticCiMode }) => elasticCiMode && scaleIn.endedBy === "loop",
    what: () =>
      "loop makes little sense with elasticCiMode: the instances of an Elastic CI Stack end themselves once their agents have stopped; leave it out",
  },
  {
    settings: [["danglingCheck"], ["elasticCiMode"], ["scaleIn", "graceful"]],
    applies: (scaler) => !scaler.scaleIn.graceful && hasOwnDanglingCheck(scaler),
    what: () =>
      "has no effect without scaleIn.graceful: true or elasticCiMode: true; set one of them, or leave danglingCheck out",
  },
  {
    settings: [
      ["scaleIn", "disabled"],
      ["scaleOut", "disabled"],
    ],
    applies: (scaler) => !scalesIn(scaler) && scaler.scaleOut.disabled && !scaler.dryRun,
    what: () =>
      "scaleIn.disabled and scaleOut.disabled are both true, so the group never changes; to see decisions without changes, set dryRun: true",
  },
];

function applyTo(
  { path, scaler }: ValidEntry,
  { settings: [shownAt, ...involved], applies, what }: ScalerWarning,
): SettingProblem[] {
  return applies(scaler) ? [{ path: [...path, ...shownAt], what: what(scaler), involved }] : [];
}

const MOST_NAMED = 5;

/** Finds scale-in that may end instances with running jobs: one warning, however many scalers have it. */
function findInterruptingScaleIn(entries: readonly ValidEntry[]): SettingProblem[] {
  const [first, ...others] = entries.filter(
    ({ scaler }) => scalesIn(scaler) && !scaler.scaleIn.graceful && !scaler.dryRun,
  );
  if (first === undefined) return [];
  const names = others.slice(0, MOST_NAMED).map(({ scaler }) => scaler.name);
  const listed = others.length > MOST_NAMED ? [...names, "..."] : names;
  const where =
    others.length === 0
      ? ""
      : ` here and in ${plural(others.length, "other scaler")} (${listed.join(", ")})`;
  const what = `is not true${where}, so a scale-in may end instances with running jobs; use scaleIn.graceful: true (agents under systemd, SSM agent on the instances), elasticCiMode: true (an Elastic CI Stack) or scaleIn.disabled: true (the instances end themselves); docs/scale-in.md compares them`;
  return [{ path: [...first.path, "scaleIn", "graceful"], what }];
}

/** Rounds the sum of shares: 0.1 + 0.2 + 0.7 is not 1 in binary fractions. */
const ROUNDING = 1e9;

/**
 * Finds groups that take more than the whole demand of one queue. Clusters with the same agent token
 * have the same queues. A dry run takes no share.
 */
function findOversharedQueues(entries: readonly ValidEntry[]): SettingProblem[] {
  const active = entries.filter(({ scaler }) => !scaler.dryRun);
  const users = active.flatMap((entry) =>
    entry.scaler.queues.map((queue) => ({ ...entry, queue })),
  );
  const byQueue = Map.groupBy(users, ({ cluster, queue }) =>
    JSON.stringify([getValue(cluster.raw, ["agentTokenParameter"]), queue]),
  );
  return [...byQueue.values()].flatMap((sharing) => {
    const sum = sharing.reduce((shares, { scaler }) => shares + scaler.demandShare, 0);
    const rounded = Math.round(sum * ROUNDING) / ROUNDING;
    const last = sharing.at(-1);
    if (rounded <= 1 || last === undefined) return [];
    const shares = sharing.map(({ scaler }) => `${scaler.name} ${scaler.demandShare}`).join(" + ");
    const what = `the shares of queue "${last.queue}" add up to more than 1: ${shares} = ${rounded}, so the groups start more instances than its jobs need`;
    return [{ path: [...last.path, "demandShare"], what }];
  });
}
