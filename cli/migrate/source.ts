import type { Problem } from "../../functions/core/problems.ts";

/** One setting in the input of `migrate`. */
export interface SourceSetting {
  name: string;
  value: string;
  /** Line number, from 1; absent if the input is JSON. */
  line?: number;
}

/** The settings of a deployed buildkite-agent-scaler. */
export interface Source {
  /** Variables of the reference's Lambda, or parameters of a stack. */
  kind: "environment" | "stack";
  given: SourceSetting[];
  stackName?: string;
  /** The Auto Scaling group that the stack created. */
  groupName?: string;
  /** The Lambda function that has these settings. */
  functionName?: string;
}

/** A source, and the problems with its text. No problem quotes a line or a value: it may be a token. */
export interface ReadSource {
  /** Absent if the format of the text is not known. */
  source?: Source;
  problems: Problem[];
}

/** Returns the place of a setting for a message: `line 3: INSTANCE_BUFFER`. */
export function describePlace({ name, line }: SourceSetting): string {
  return line === undefined ? formatName(name) : `line ${line}: ${formatName(name)}`;
}

/** Returns a name that is safe to print: quoted and escaped if it has unusual characters. */
export function formatName(name: string): string {
  return /^[\w.:-]+$/.test(name) ? name : JSON.stringify(name);
}
