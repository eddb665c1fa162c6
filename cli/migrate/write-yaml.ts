import { parse } from "yaml";
import type { SettingValue } from "../../config/reference-values.ts";
import { wrapText } from "../terminal/fit-text.ts";
import { type DraftSetting, splitTarget } from "./draft.ts";

const LINE_WIDTH = 100;

/** A cluster of the new file: its own settings, and those of each of its scalers. */
export interface DraftCluster {
  settings: readonly DraftSetting[];
  scalers: readonly (readonly DraftSetting[])[];
}

/** Writes a scalers file. A comment precedes its setting. */
export function writeScalersYaml(
  header: readonly string[],
  clusters: readonly DraftCluster[],
): string {
  const lines = [
    ...header.flatMap((paragraph) => commentLines(paragraph, "")),
    "clusters:",
    ...clusters.flatMap(({ settings, scalers }) => [
      ...itemLines(settings, "  "),
      "    scalers:",
      ...scalers.flatMap((scaler) => itemLines(scaler, "      ")),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

/** Returns an item of a list. The first setting has the dash, its comments are above the dash. */
function itemLines([first, ...others]: readonly DraftSetting[], indent: string): string[] {
  if (first === undefined) return [];
  const [key = ""] = splitTarget(first.target);
  return [
    ...first.comments.flatMap((comment) => commentLines(comment, indent)),
    `${indent}- ${key}: ${scalarText(first.value)}`,
    ...others.flatMap((setting, index) => settingLines(setting, others[index - 1], `${indent}  `)),
  ];
}

/** Returns `cooldown: 5m`, after `scaleIn:` if the previous setting is not part of scaleIn. */
function settingLines(
  setting: DraftSetting,
  previous: DraftSetting | undefined,
  indent: string,
): string[] {
  const { target, value, comments } = setting;
  const [key = "", nested] = splitTarget(target);
  const ownIndent = nested === undefined ? indent : `${indent}  `;
  const isOpen = previous !== undefined && splitTarget(previous.target)[0] === key;
  return [
    ...(nested === undefined || isOpen ? [] : [`${indent}${key}:`]),
    ...comments.flatMap((comment) => commentLines(comment, ownIndent)),
    `${ownIndent}${nested ?? key}: ${scalarText(value)}`,
  ];
}

/** A text that YAML would parse as something else is quoted as in JSON, which YAML accepts. */
function scalarText(value: SettingValue): string {
  return isPlain(value) ? value : JSON.stringify(value);
}

function isPlain(value: SettingValue): value is string {
  return typeof value === "string" && PLAIN.test(value) && parse(value) === value;
}

/** A word, a path, a URL or a duration. */
const PLAIN = /^(?:[A-Za-z/][\w./:-]*|\d+[hms]\w*)$/;

/** Returns a paragraph as comment lines. The text of a `- ` item is indented below its first word. */
function commentLines(paragraph: string, indent: string): string[] {
  const hangingIndent = paragraph.startsWith("- ") ? "  " : "";
  const prefix = `${indent}# `;
  return wrapText(paragraph, LINE_WIDTH - prefix.length - hangingIndent.length).map(
    (line, index) => `${prefix}${index === 0 ? "" : hangingIndent}${line}`,
  );
}
