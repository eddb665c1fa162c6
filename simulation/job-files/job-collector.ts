import type { Problem } from "../../functions/core/problems.ts";
import type { Job } from "../fleet/options.ts";

/** What reading job files comes to, as it grows. */
export class JobCollector {
  readonly jobs: Job[] = [];
  readonly problems: Problem[] = [];
  /** How many jobs were left out, by reason. */
  readonly skipped = new Map<string, number>();

  skip(reason: string): void {
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + 1);
  }
}

const MOST_SHOWN = 60;

/** A value of a file as it stands in a problem: as JSON has it, and cut where it is long. */
export function formatValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const cut = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text;
  return typeof value === "string" ? JSON.stringify(cut) : cut;
}
