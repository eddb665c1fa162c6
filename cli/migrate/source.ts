import type { Problem } from "../../functions/core/problems.ts";

/** One setting as it was given. */
export interface SourceSetting {
  name: string;
  value: string;
  /** From 1; absent where no line can be named. */
  line?: number;
}

/** A reference deployment's settings, as they were given. */
export interface Source {
  /** Variables of the reference's Lambda, or parameters of a stack. */
  kind: "environment" | "stack";
  given: SourceSetting[];
  stackName?: string;
  /** The Auto Scaling group that the stack made. */
  groupName?: string;
}

/**
 * A source, and everything in it that cannot be read. No problem quotes a line or a value: a token
 * may stand there.
 */
export interface ReadSource {
  /** Absent where the form is not known. */
  source?: Source;
  problems: Problem[];
}

/** Where a person finds a setting: `line 3: INSTANCE_BUFFER`. */
export function describePlace({ name, line }: SourceSetting): string {
  return line === undefined ? formatName(name) : `line ${line}: ${formatName(name)}`;
}

/** A name as it can be printed anywhere. */
export function formatName(name: string): string {
  return /^[\w.:-]+$/.test(name) ? name : JSON.stringify(name);
}
