import { distance } from "fastest-levenshtein";

/** Something wrong with the input of a user. */
export interface Problem {
  /** The place of the problem, such as `scalers[2] (web): scaleIn.cooldown`. */
  where: string;
  /** The value and what is allowed; for an unknown name, the nearest known one. */
  what: string;
}

/** Formats problems for a person, one per line. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems.map(({ where, what }) => `${where}: ${what}`).join("\n");
}

/** The settings of a scaler have problems. The message names all of them, one per line. */
export class InvalidScaler extends Error {
  override readonly name = "InvalidScaler";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(formatProblems(problems));
    this.problems = problems;
  }
}

/** An event or an execution's input has problems. The message names all of them, one per line. */
export class InvalidInput extends Error {
  override readonly name = "InvalidInput";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(formatProblems(problems));
    this.problems = problems;
  }
}

/** Finds the known name that is most similar to an unknown one; undefined if none is similar. */
export function findNearestName(unknown: string, known: readonly string[]): string | undefined {
  return known
    .map((name) => ({ name, edits: distance(normalizeName(unknown), normalizeName(name)) }))
    .filter(({ name, edits }) => edits <= Math.max(2, Math.floor(name.length / 2)))
    .sort((a, b) => a.edits - b.edits)[0]?.name;
}

/** `SCALE_IN-Factor` and `scaleInFactor` are the same name in two styles. */
function normalizeName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}
