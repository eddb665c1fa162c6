import { type Command, Option } from "commander";
import type { ValueKind } from "../../config/reference-values.ts";
import { defaultText } from "../../config/setting-texts.ts";
import {
  type Flag,
  OWN_SETTINGS,
  REFERENCE_SETTINGS,
  type Target,
} from "../../config/settings-table.ts";
import { pollIntervalOption } from "../terminal/duration-options.ts";

/** The parsed command line of `run`, by option names in camel case. */
export type RunFlags = Readonly<Record<string, string | boolean | undefined>>;

/** A setting that has a flag. */
export interface FlagSetting {
  flag: Flag;
  kind: ValueKind;
  /** Absent if scalers.yml has no such setting. */
  target?: Target;
  description: string;
}

/** The flags for one queue and one group: those of buildkite-agent-scaler, then our own. */
export const FLAG_SETTINGS: readonly FlagSetting[] = [
  ...REFERENCE_SETTINGS.flatMap((setting) =>
    setting.flag === undefined ? [] : [{ ...setting, flag: setting.flag }],
  ),
  ...OWN_SETTINGS.flatMap(({ flag, ...setting }) =>
    flag === undefined ? [] : [{ ...setting, flag, kind: flag.kind }],
  ),
];

/** The text of a flag; undefined if the flag is not set or is empty, as in buildkite-agent-scaler. */
export function readFlagText({ flag }: FlagSetting, flags: RunFlags): string | undefined {
  const value = flags[new Option(`--${flag.name}`).attributeName()];
  if (value === true) return "true"; // A switch without a value.
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The text of the flag with a name, without its dashes; undefined as for {@link readFlagText}. */
export function findFlagText(name: string, flags: RunFlags): string | undefined {
  const setting = FLAG_SETTINGS.find(({ flag }) => flag.name === name);
  return setting === undefined ? undefined : readFlagText(setting, flags);
}

/** Adds all options of `run` to its command. */
export function addRunOptions(command: Command): Command {
  command
    .optionsGroup("What is scaled:")
    .option("--scalers <file>", "scalers file; all its loops run side by side; replaces the flags")
    .option("--cluster <name>", "run only this cluster of the scalers file")
    .addOption(
      new Option("--region <name>", "AWS region").default(
        undefined,
        "AWS_REGION or the profile's region",
      ),
    )
    .optionsGroup("The run:")
    .addOption(pollIntervalOption())
    .option("--once", "poll once; exit code 1 if a decision was held or a change was refused")
    .addOption(
      new Option(
        "--ssm-document <prefix>",
        "use the SSM documents PREFIX-look and PREFIX-stop of a deployment",
      ).default(undefined, "AWS-RunShellScript"),
    )
    .optionsGroup("Output:")
    .option("--json", "print one JSON object per line: polls, faults, advice and the summary")
    .option("--history <file>", "also write the executions' history to this file, event by event");
  for (const setting of FLAG_SETTINGS) command.addOption(createOption(setting));
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

/** As in Go, a switch needs no value: both `--dry-run` and `--dry-run=true` are allowed. */
function createOption({ flag, kind, target, description }: FlagSetting): Option {
  const byDefault = flag.defaultText ?? (target === undefined ? undefined : defaultText(target));
  const placeholder = PLACEHOLDERS[kind];
  const group = flag.onlyHere
    ? "One queue and one group, additional flags:"
    : "One queue and one group, flags of buildkite-agent-scaler:";
  const value = kind === "boolean" ? `[${placeholder}]` : `<${placeholder}>`;
  return new Option(`--${flag.name} ${value}`, description)
    .default(undefined, byDefault)
    .helpGroup(group);
}
