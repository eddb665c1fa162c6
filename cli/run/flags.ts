import { type Command, Option } from "commander";
import type { ValueKind } from "../../config/reference-values.ts";
import { REFERENCE_SETTINGS, type ReferenceSetting } from "../../config/settings-table.ts";

/** What stands on the command line of `run`, by the options' names in camel case. */
export type RunFlags = Readonly<Record<string, string | boolean | undefined>>;

/** A row of the settings' table that has a flag. */
export type FlagRow = ReferenceSetting & Required<Pick<ReferenceSetting, "flag">>;

/** The flags of one queue and one group: the reference's, and those that stand here alone. */
export const FLAG_ROWS: readonly FlagRow[] = REFERENCE_SETTINGS.flatMap((row) =>
  row.flag === undefined ? [] : [{ ...row, flag: row.flag }],
);

/** What is given for a flag; undefined where it is not given, or is empty, which is the same to the reference. */
export function readFlagValue({ flag }: FlagRow, flags: RunFlags): string | undefined {
  const given = flags[new Option(`--${flag.name}`).attributeName()];
  if (given === true) return "true"; // A switch that stands alone.
  return typeof given === "string" && given !== "" ? given : undefined;
}

/** Options that do not come from the table. */
export function addRunOptions(command: Command): Command {
  command
    .option("--scalers <file>", "a scalers file, all its loops side by side, in place of the flags")
    .option("--cluster <name>", "only this cluster of the scalers file")
    .option("--region <name>", "AWS region; default: AWS_REGION, or the profile's")
    .option("--poll-interval <duration>", "instead of the definition's, e.g. 30s")
    .option("--once", "poll once: exit code 1 if anything was held by a fault, or refused")
    .option("--history <file>", "write the executions' history here when it is over");
  for (const row of FLAG_ROWS) command.addOption(optionOf(row));
  return command;
}

const PLACEHOLDERS: Record<ValueKind, string> = {
  text: "text",
  secret: "token",
  integer: "number",
  number: "number",
  factor: "number",
  boolean: "true|false",
  duration: "duration",
  seconds: "seconds",
};

/** As Go's flags: a switch may stand alone or have a value, `--dry-run` and `--dry-run=true`. */
function optionOf({ flag, kind, description }: FlagRow): Option {
  const fallback = flag.defaultText === undefined ? "" : `; default: ${flag.defaultText}`;
  const placeholder = PLACEHOLDERS[kind];
  const group = flag.onlyHere
    ? "One queue and one group, beyond the flags of buildkite-agent-scaler:"
    : "One queue and one group, with the flags of buildkite-agent-scaler:";
  const value = kind === "boolean" ? `[${placeholder}]` : `<${placeholder}>`;
  return new Option(`--${flag.name} ${value}`, `${description}${fallback}`).helpGroup(group);
}
