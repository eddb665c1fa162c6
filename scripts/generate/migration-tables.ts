import {
  type Flag,
  OWN_SETTINGS,
  type OwnSetting,
  REFERENCE_SETTINGS,
  type ReferenceSetting,
  type Target,
} from "../../config/settings-table.ts";
import { formatDuration } from "../../functions/core/duration.ts";
import { formatCode, formatMarkdownTable, formatSentences } from "./markdown-table.ts";

const SOURCES = ["Lambda variable", "Flag", "Elastic CI Stack parameter"];

/**
 * Compares the settings of buildkite-agent-scaler with the settings of this project, as Markdown:
 * those that exist in both, those of buildkite-agent-scaler only, those of this project only.
 */
export function formatMigrationTables(): string {
  const shared = REFERENCE_SETTINGS.flatMap(({ target, ...setting }) =>
    target === undefined ? [] : [sharedRow({ ...setting, target })],
  );
  const dropped = REFERENCE_SETTINGS.filter(({ target }) => target === undefined);
  return [
    formatSection(
      "Settings with a counterpart",
      ["Setting here", ...SOURCES, "Default of buildkite-agent-scaler", "Meaning"],
      shared,
    ),
    formatSection(
      "Settings without a counterpart",
      [...SOURCES, "Meaning", "Why it has no counterpart"],
      dropped.map(droppedRow),
    ),
    formatSection(
      "Settings that only this project has",
      ["Setting here", "Flag", "Meaning", `What ${formatCode("migrate")} writes`],
      OWN_SETTINGS.map(ownRow),
    ),
  ].join("\n\n");
}

function formatSection(title: string, header: string[], rows: string[][]): string {
  return `### ${title}\n\n${formatMarkdownTable([header, ...rows])}`;
}

function sharedRow(setting: ReferenceSetting & { target: Target }): string[] {
  const { target, description, remark } = setting;
  return [
    formatTarget(target),
    ...sourceCells(setting),
    formatDefaults(setting),
    [description, formatSentences(remark)].join(" ").trim(),
  ];
}

function droppedRow(setting: ReferenceSetting): string[] {
  const { description, remark } = setting;
  return [...sourceCells(setting), description, formatSentences(remark)];
}

function ownRow({ target, flag, description, migratedAs }: OwnSetting): string[] {
  const value =
    migratedAs === undefined ? "" : `${formatCode(String(migratedAs.value))}: ${migratedAs.remark}`;
  return [formatTarget(target), formatFlag(flag), description, value];
}

function sourceCells({ variable, flag, parameters = [] }: ReferenceSetting): string[] {
  return [
    variable === undefined ? "" : formatCode(variable),
    formatFlag(flag) + (flag?.onlyHere ? " (only here)" : ""),
    parameters.map(formatCode).join(" or "),
  ];
}

function formatFlag(flag: Flag | undefined): string {
  return flag === undefined ? "" : formatCode(`--${flag.name}`);
}

/** Returns the default of the variable, and those of the flag and the parameter if they differ. */
function formatDefaults(setting: ReferenceSetting): string {
  const ofVariable = setting.defaultText ?? (setting.required ? "required" : "");
  const others = [
    ["flag", setting.flag?.defaultText],
    ["stack", formatStackDefault(setting)],
  ].flatMap(([source, value]) =>
    value === undefined || value === ofVariable ? [] : [`${source}: ${value}`],
  );
  return [ofVariable, ...others].filter((each) => each !== "").join("; ");
}

function formatStackDefault({ stackDefault, parameterKind }: ReferenceSetting): string | undefined {
  return parameterKind === "seconds" ? formatDuration(Number(stackDefault)) : stackDefault;
}

/** Most settings belong to a scaler; for the others, the place is added. */
function formatTarget(target: Target): string {
  const [holder, ...keys] = target.split(".");
  const name = formatCode(keys.join("."));
  if (holder === "scaler") return name;
  return holder === "cluster" ? `${name} (cluster)` : `${name} (state machine)`;
}
