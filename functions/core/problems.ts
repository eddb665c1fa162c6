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

/** The input of a user has problems. The message names all of them, one per line. */
export class ProblemsError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(formatProblems(problems));
    this.problems = problems;
  }
}

/** The settings of a scaler have problems. */
export class InvalidScaler extends ProblemsError {
  override readonly name = "InvalidScaler";
}

/** An event or an execution's input has problems. */
export class InvalidInput extends ProblemsError {
  override readonly name = "InvalidInput";
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
