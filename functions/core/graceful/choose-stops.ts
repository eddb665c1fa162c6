import type { InstanceAnswer } from "../facts.ts";
import { plural } from "../plural.ts";

/** An instance that may be told to stop, with what it has answered. */
export interface Candidate {
  id: string;
  answer: InstanceAnswer | undefined;
}

/** An instance to stop, and how many jobs it has. */
export interface Choice {
  id: string;
  jobs: number;
}

/**
 * Chooses at most `most` instances to stop, of which at most `mostBusy` have jobs: those with the fewest
 * jobs first, then those that are up longest, then by id.
 */
export function chooseStops(
  candidates: readonly Candidate[],
  { most, mostBusy }: { most: number; mostBusy: number },
): Choice[] {
  const willing = candidates.flatMap(({ id, answer }) =>
    answer !== undefined && canStop(answer) ? [{ id, ...answer }] : [],
  );
  willing.sort(
    (a, b) => a.jobs - b.jobs || b.uptimeSeconds - a.uptimeSeconds || (a.id < b.id ? -1 : 1),
  );
  const idle = willing.filter(({ jobs }) => jobs === 0);
  const busy = willing.filter(({ jobs }) => jobs > 0).slice(0, Math.max(0, mostBusy));
  return [...idle, ...busy].slice(0, Math.max(0, most));
}

/** Windows has no graceful stop, and a unit that is not active has nothing to stop. */
function canStop({ platform, state }: InstanceAnswer): boolean {
  return platform === "linux" && state === "active";
}

/** Whether no instance that answered can ever be stopped: it runs Windows, or has no such unit. */
export function cannotEverStop(candidates: readonly Candidate[]): boolean {
  const answers = candidates.flatMap(({ answer }) => answer ?? []);
  return answers.every(({ platform, state }) => platform === "windows" || state === "not-found");
}

/** Says which instances drain, and why others do not. */
export function describeChoice(
  surplus: number,
  chosen: readonly Choice[],
  candidates: readonly Candidate[],
  isDryRun: boolean,
): string {
  const answers = candidates.flatMap(({ answer }) => answer ?? []);
  const verb = isDryRun ? "would drain" : "draining";
  const ids = chosen.map(({ id, jobs }) => `${id} ${jobs === 0 ? "idle" : plural(jobs, "job")}`);
  const shown = ids.length > 5 ? [...ids.slice(0, 5), `${ids.length - 5} more`] : ids;
  const rest = [
    ...countOthers(
      answers,
      ({ platform }) => platform === "windows",
      "run Windows, which has no graceful stop",
    ),
    ...countOthers(answers, ({ state }) => state === "not-found", "have no such unit"),
    ...countOthers(
      answers,
      (a) => canStop(a) && a.jobs > 0,
      "busy",
      chosen.filter(({ jobs }) => jobs > 0).length,
    ),
  ];
  const head =
    chosen.length === 0
      ? `none of ${plural(surplus, "surplus instance")} can drain`
      : `${verb} ${chosen.length} of ${surplus} surplus: ${shown.join(", ")}`;
  return [head, ...rest].join("; ");
}

function countOthers(
  answers: readonly InstanceAnswer[],
  matches: (answer: InstanceAnswer) => boolean,
  what: string,
  without = 0,
): string[] {
  const count = answers.filter(matches).length - without;
  return count > 0 ? [`${count} ${what}`] : [];
}
