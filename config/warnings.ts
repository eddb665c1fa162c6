import { formatDuration } from "../functions/core/duration.ts";
import type { Scaler } from "../functions/core/scaler.ts";
import { listClusterPaths, listEntryPaths, type Path, valueAt } from "./path.ts";
import { parseScalerAt } from "./problems.ts";
import type { SettingProblem } from "./remark.ts";

/** What works, but hardly as it was meant. None of it stops a deploy. */
export function findWarnings(full: unknown): SettingProblem[] {
  const entries = listClusterPaths(full)
    .flatMap((cluster) => listEntryPaths(full, cluster))
    .flatMap((path) => {
      const scaler = parseScalerAt(full, path);
      return scaler === undefined ? [] : [{ path, scaler }];
    });
  return [
    ...entries.flatMap(({ path, scaler }) => odditiesOf(scaler, path)),
    ...oversharedQueues(full, entries),
  ];
}

/** An entry that makes sense. */
interface Entry {
  path: Path;
  scaler: Scaler;
}

/** A combination of settings that works, but hardly as it was meant. */
interface Oddity {
  /** The one it is shown at, and those that take part in it. */
  settings: readonly [Path, ...Path[]];
  applies(scaler: Scaler): boolean;
  what(scaler: Scaler): string;
}

const LONG_COOLDOWN_SECONDS = 3600;

const scalesIn = ({ scaleIn, elasticCiMode }: Scaler) => !scaleIn.disabled || elasticCiMode;

const ODDITIES: readonly Oddity[] = [
  {
    settings: [["scaleIn", "factor"]],
    applies: (scaler) => scalesIn(scaler) && (scaler.scaleIn.factor ?? 0) > 1,
    what: ({ scaleIn }) =>
      `${scaleIn.factor} is above 1: a scale-in goes below what the jobs need, and ends instances that run them`,
  },
  {
    settings: [["instanceBuffer"], ["maxInstanceCap"]],
    applies: ({ instanceBuffer, maxInstanceCap }) =>
      maxInstanceCap > 0 && instanceBuffer > maxInstanceCap,
    what: ({ instanceBuffer, maxInstanceCap }) =>
      `${instanceBuffer} is more than maxInstanceCap allows: the cap holds for the buffer too, which is ${maxInstanceCap} instead`,
  },
  {
    settings: [
      ["scaleIn", "cooldown"],
      ["scaleIn", "disabled"],
    ],
    applies: (scaler) => scalesIn(scaler) && scaler.scaleIn.cooldownSeconds > LONG_COOLDOWN_SECONDS,
    what: ({ scaleIn }) =>
      `${formatDuration(scaleIn.cooldownSeconds)} is longer than an hour: what falls idle after a scale-in is paid for until the next one`,
  },
  {
    settings: [
      ["scaleOut", "cooldown"],
      ["scaleOut", "disabled"],
    ],
    applies: ({ scaleOut }) =>
      !scaleOut.disabled && scaleOut.cooldownSeconds > LONG_COOLDOWN_SECONDS,
    what: ({ scaleOut }) =>
      `${formatDuration(scaleOut.cooldownSeconds)} is longer than an hour: jobs that come after a scale-out wait that long for the next one`,
  },
  {
    settings: [["scaleIn", "disabled"], ["elasticCiMode"]],
    applies: ({ scaleIn, elasticCiMode }) => scaleIn.disabled && elasticCiMode,
    what: () => "true has no effect: in Elastic CI mode the group is scaled in all the same",
  },
  {
    settings: [
      ["scaleIn", "disabled"],
      ["scaleOut", "disabled"],
    ],
    applies: (scaler) => !scalesIn(scaler) && scaler.scaleOut.disabled && !scaler.dryRun,
    what: () =>
      "true, and scaleOut.disabled too: the group is never changed; dryRun: true would say what is needed",
  },
];

function odditiesOf(scaler: Scaler, path: Path): SettingProblem[] {
  return ODDITIES.filter(({ applies }) => applies(scaler)).map(({ settings, what }) => {
    const [shownAt, ...besides] = settings;
    return { path: [...path, ...shownAt], what: what(scaler), besides };
  });
}

/** Shares are fractions: what they lose in binary is no news. */
const PRECISION = 1e9;

/** Groups that take more than the whole of one queue's demand. A dry run takes none. */
function oversharedQueues(full: unknown, entries: readonly Entry[]): SettingProblem[] {
  const active = entries.filter(({ scaler }) => !scaler.dryRun);
  const takers = active.flatMap((entry) =>
    entry.scaler.queues.map((queue) => ({ ...entry, queue })),
  );
  const byQueue = Map.groupBy(takers, ({ path, queue }) =>
    JSON.stringify([valueAt(full, [...path.slice(0, 2), "agentTokenParameter"]), queue]),
  );
  return [...byQueue.values()].flatMap((sharing) => {
    const sum = sharing.reduce((shares, { scaler }) => shares + scaler.demandShare, 0);
    const rounded = Math.round(sum * PRECISION) / PRECISION;
    const last = sharing.at(-1);
    if (rounded <= 1 || last === undefined) return [];
    const shares = sharing.map(({ scaler }) => `${scaler.name} ${scaler.demandShare}`).join(" + ");
    const what = `the shares of queue "${last.queue}" come to more than 1: ${shares} = ${rounded}, so more instances are started than its jobs need`;
    return [{ path: [...last.path, "demandShare"], what }];
  });
}
