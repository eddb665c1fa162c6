import { distance } from "fastest-levenshtein";

/** One thing wrong with what a user configured. */
export interface Problem {
  /** Where it stands, e.g. `scalers[2] (web): scaleIn.cooldown`. */
  where: string;
  /** What is there, what is allowed, and the nearest known name where one was unknown. */
  what: string;
}

/** All problems as lines for a person. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems.map(({ where, what }) => `${where}: ${what}`).join("\n");
}

/** A configured scaler makes no sense. The message names every problem, one a line. */
export class InvalidScaler extends Error {
  override readonly name = "InvalidScaler";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(formatProblems(problems));
    this.problems = problems;
  }
}

/** An event or an execution's input makes no sense. The message names every problem, one a line. */
export class InvalidInput extends Error {
  override readonly name = "InvalidInput";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(formatProblems(problems));
    this.problems = problems;
  }
}

/** The known name that an unknown one most likely means; undefined where none is near. */
export function findNearestName(unknown: string, known: readonly string[]): string | undefined {
  return known
    .map((name) => ({ name, edits: distance(plain(unknown), plain(name)) }))
    .filter(({ name, edits }) => edits <= Math.max(2, Math.floor(name.length / 2)))
    .sort((a, b) => a.edits - b.edits)[0]?.name;
}

/** `SCALE_IN-Factor` and `scaleInFactor` are the same word in two styles. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}
