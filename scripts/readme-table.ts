import {
  OWN_SETTINGS,
  type OwnSetting,
  REFERENCE_SETTINGS,
  type ReferenceSetting,
  type Target,
} from "../config/settings-table.ts";
import { formatDuration } from "../functions/core/duration.ts";

const COLUMNS = [
  "setting here",
  "reference's variable",
  "flag of `run`",
  "Elastic CI Stack parameter",
  "default",
  "remark",
];

/** Every setting of the reference and of this project, as a Markdown table. */
export function settingsTable(): string {
  const rows = [
    COLUMNS,
    COLUMNS.map(() => "---"),
    ...REFERENCE_SETTINGS.map(cellsOf),
    ...OWN_SETTINGS.map(ownCells),
  ];
  return rows.map((cells) => `| ${cells.map(escaped).join(" | ")} |`).join("\n");
}

function cellsOf(row: ReferenceSetting): string[] {
  const { target, variable, flag, parameters = [], description, remark } = row;
  return [
    target === undefined ? "none" : settingText(target),
    variable === undefined ? "" : code(variable),
    flag === undefined ? "" : code(`--${flag.name}`) + (flag.onlyHere ? " (only here)" : ""),
    parameters.map(code).join(" or "),
    defaultText(row),
    sentences(description, remark),
  ];
}

function ownCells({ target, description, defaultText = "", migratedAs }: OwnSetting): string[] {
  const migrated =
    migratedAs === undefined
      ? undefined
      : `${code("migrate")} writes ${migratedAs.value}: ${migratedAs.remark}`;
  const remark = sentences(description, migrated ?? "the reference has none");
  return [settingText(target), "", "", "", defaultText, remark];
}

function sentences(...texts: readonly (string | undefined)[]): string {
  return texts
    .filter((text) => text !== undefined)
    .map((text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`)
    .join(" ");
}

/** The default of a variable; the flag's and the stack's where they differ. */
function defaultText(row: ReferenceSetting): string {
  const own = row.defaultText ?? (row.required ? "required" : "");
  const others = [
    ["flag", row.flag?.defaultText],
    ["stack", stackDefault(row)],
  ].flatMap(([who, value]) => (value === undefined || value === own ? [] : [`${who}: ${value}`]));
  return [own, ...others].filter((each) => each !== "").join("; ");
}

function stackDefault({ stackDefault, parameterKind }: ReferenceSetting): string | undefined {
  return parameterKind === "seconds" ? formatDuration(Number(stackDefault)) : stackDefault;
}

/** A scaler's settings by their own names; what stands elsewhere says so. */
function settingText(target: Target): string {
  const [holder, ...keys] = target.split(".");
  const name = code(keys.join("."));
  if (holder === "scaler") return name;
  return holder === "cluster" ? `${name} (cluster)` : `${name} (state machine)`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function escaped(cell: string): string {
  return cell.replaceAll("|", "\\|");
}

const OPEN = "<!-- settings: made by npm run readme -->";
const CLOSE = "<!-- /settings -->";

/** A document's table between its markers; undefined where it has no markers. */
export function tableIn(document: string): string | undefined {
  const [, behind] = document.split(OPEN);
  return behind?.includes(CLOSE) ? behind.split(CLOSE)[0]?.trim() : undefined;
}

/** A document with the table of today between its markers; undefined where it has no markers. */
export function withTable(document: string): string | undefined {
  if (tableIn(document) === undefined) return undefined;
  const [before = ""] = document.split(OPEN);
  const after = document.slice(document.indexOf(CLOSE, before.length) + CLOSE.length);
  return `${before}${OPEN}\n${settingsTable()}\n${CLOSE}${after}`;
}
