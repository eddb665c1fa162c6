import type { Problem } from "../../functions/core/problems.ts";
import type { Job } from "../fleet/options.ts";

/** Collects the jobs and problems of job files while they are read. */
export class JobCollector {
  readonly jobs: Job[] = [];
  readonly problems: Problem[] = [];
  /** How many jobs were skipped, by reason. */
  readonly skipped = new Map<string, number>();

  skip(reason: string): void {
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + 1);
  }
}

const MAX_CHARACTERS = 60;

/** Formats a value for a problem: as JSON, truncated if it is long. */
export function formatValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const truncated = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}...` : text;
  return typeof value === "string" ? JSON.stringify(truncated) : truncated;
}
