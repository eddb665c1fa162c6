import { parse } from "yaml";
import type { SettingValue } from "../../config/reference-values.ts";
import { type DraftSetting, splitTarget } from "./draft.ts";

const LINE_WIDTH = 100;

/** A scalers file of one cluster with one scaler; comments stand above what they are about. */
export function writeScalersYaml(
  header: readonly string[],
  settings: readonly DraftSetting[],
): string {
  const inCluster = settings.filter(({ target }) => target.startsWith("cluster."));
  const inScaler = settings.filter(({ target }) => target.startsWith("scaler."));
  const lines = [
    ...header.flatMap((paragraph) => commentLines(paragraph, "")),
    "clusters:",
    ...itemLines(inCluster, "  "),
    "    scalers:",
    ...itemLines(inScaler, "      "),
  ];
  return `${lines.join("\n")}\n`;
}

/** One item of a list: its first setting carries the dash, and comments on that stand above it. */
function itemLines([first, ...others]: readonly DraftSetting[], indent: string): string[] {
  if (first === undefined) return [];
  const [key = ""] = splitTarget(first.target);
  return [
    ...first.comments.flatMap((comment) => commentLines(comment, indent)),
    `${indent}- ${key}: ${scalarText(first.value)}`,
    ...others.flatMap((setting, index) => settingLines(setting, others[index - 1], `${indent}  `)),
  ];
}

/** `cooldown: 5m`, under `scaleIn:` where the setting before it does not stand there already. */
function settingLines(
  setting: DraftSetting,
  before: DraftSetting | undefined,
  indent: string,
): string[] {
  const { target, value, comments } = setting;
  const [key = "", nested] = splitTarget(target);
  const at = nested === undefined ? indent : `${indent}  `;
  const isOpen = before !== undefined && splitTarget(before.target)[0] === key;
  return [
    ...(nested === undefined || isOpen ? [] : [`${indent}${key}:`]),
    ...comments.flatMap((comment) => commentLines(comment, at)),
    `${at}${nested ?? key}: ${scalarText(value)}`,
  ];
}

/** Anything that YAML could take for something else is quoted, as JSON quotes: YAML reads that too. */
function scalarText(value: SettingValue): string {
  return isPlain(value) ? value : JSON.stringify(value);
}

function isPlain(value: SettingValue): value is string {
  return typeof value === "string" && PLAIN.test(value) && parse(value) === value;
}

/** A word, a path, an address or a duration. */
const PLAIN = /^(?:[A-Za-z/][\w./:-]*|\d+[hms]\w*)$/;

/** A paragraph as comment lines; what hangs over from a `- ` begins under its text. */
function commentLines(paragraph: string, indent: string): string[] {
  const overhang = paragraph.startsWith("- ") ? "  " : "";
  const prefix = `${indent}# `;
  return wrapText(paragraph, LINE_WIDTH - prefix.length - overhang.length).map(
    (line, index) => `${prefix}${index === 0 ? "" : overhang}${line}`,
  );
}

function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
