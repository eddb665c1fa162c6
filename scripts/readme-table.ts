import { OWN, type OwnSetting, type Row, TABLE, type Target } from "../config/settings-table.ts";
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
  const rows = [COLUMNS, COLUMNS.map(() => "---"), ...TABLE.map(cellsOf), ...OWN.map(ownCells)];
  return rows.map((cells) => `| ${cells.map(escaped).join(" | ")} |`).join("\n");
}

function cellsOf(row: Row): string[] {
  const { target, variable, flag, parameters = [], about, remark } = row;
  return [
    target === undefined ? "none" : settingText(target),
    variable === undefined ? "" : code(variable),
    flag === undefined ? "" : code(`--${flag.name}`) + (flag.onlyHere ? " (only here)" : ""),
    parameters.map(code).join(" or "),
    defaultText(row),
    sentences(about, remark),
  ];
}

function ownCells({ target, about, fallback = "", asBefore }: OwnSetting): string[] {
  const migrated =
    asBefore === undefined
      ? undefined
      : `${code("migrate")} writes ${asBefore.value}: ${asBefore.remark}`;
  const remark = sentences(about, migrated ?? "the reference has none");
  return [settingText(target), "", "", "", fallback, remark];
}

function sentences(...texts: readonly (string | undefined)[]): string {
  return texts
    .filter((text) => text !== undefined)
    .map((text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`)
    .join(" ");
}

/** The default of a variable; the flag's and the stack's where they differ. */
function defaultText(row: Row): string {
  const own = row.fallback ?? (row.required ? "required" : "");
  const others = [
    ["flag", row.flag?.fallback],
    ["stack", stackDefault(row)],
  ].flatMap(([who, value]) => (value === undefined || value === own ? [] : [`${who}: ${value}`]));
  return [own, ...others].filter((each) => each !== "").join("; ");
}

function stackDefault({ stackFallback, parameterKind }: Row): string | undefined {
  return parameterKind === "seconds" ? formatDuration(Number(stackFallback)) : stackFallback;
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
