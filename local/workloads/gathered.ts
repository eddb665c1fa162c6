import type { Problem } from "../../functions/core/problems.ts";
import type { Job } from "../sandbox/fleet/options.ts";

/** What reading job files comes to, as it grows. */
export class Gathered {
  readonly jobs: Job[] = [];
  readonly problems: Problem[] = [];
  /** How many jobs were left out, by reason. */
  readonly skipped = new Map<string, number>();

  skip(reason: string): void {
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + 1);
  }
}

const MOST_SHOWN = 60;

/** A value as it stands in a problem: in quotes, and cut where it is long. */
export function shown(value: string): string {
  return JSON.stringify(value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN)}...` : value);
}
