import type { JsonSchema } from "@valibot/to-json-schema";
import { buildScalersJsonSchema } from "../../config/json-schema.ts";
import { DESCRIPTIONS, defaultText } from "../../config/setting-texts.ts";
import { OWN_SETTINGS, REFERENCE_SETTINGS } from "../../config/settings-table.ts";
import { parseDurationSeconds } from "../../functions/core/duration.ts";
import { formatCode, formatMarkdownTable } from "./markdown-table.ts";

const COLUMNS = ["Setting", "Type", "Default", "Meaning"];

/** Returns the reference of all settings as Markdown: a table for each place that has settings. */
export function formatSettingsReference(): string {
  const file = buildScalersJsonSchema();
  const cluster = itemSchema(file, "clusters");
  const scaler = itemSchema(cluster, "scalers");
  return [
    formatSection("Settings of the file", settingRows(file, "file")),
    formatSection("Settings of a cluster", settingRows(cluster, "cluster")),
    formatSection("Settings of a scaler", settingRows(scaler, "scaler")),
    formatSection("Settings of the state machine", stateMachineRows()),
  ].join("\n\n");
}

function formatSection(title: string, rows: readonly string[][]): string {
  return `### ${title}\n\n${formatMarkdownTable([COLUMNS, ...rows])}`;
}

function itemSchema({ properties }: JsonSchema, list: string): JsonSchema {
  const schema = properties?.[list];
  const items = typeof schema === "object" ? schema.items : undefined;
  if (typeof items !== "object" || Array.isArray(items)) {
    throw new RangeError(`the schema has no list of objects called ${list}`);
  }
  return items;
}

/** `scaleIn` has settings of its own: they appear as `scaleIn.cooldown`. */
function settingRows(schema: JsonSchema, holder: string, prefix = ""): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    if (typeof property !== "object") return [];
    const name = `${prefix}${key}`;
    if (property.properties !== undefined && key !== "defaults") {
      return settingRows(property, holder, `${name}.`);
    }
    const setting = `${holder}.${name}`;
    const byDefault = formatRequirement(schema, key) ?? defaultText(setting) ?? "";
    const meaning = DESCRIPTIONS[setting] ?? "";
    return [[formatCode(name), formatType(property), byDefault, meaning]];
  });
}

function formatRequirement(schema: JsonSchema, key: string): string | undefined {
  const alternatives = (schema.oneOf ?? []).flatMap((one) =>
    typeof one === "object" ? (one.required ?? []) : [],
  );
  if (alternatives.includes(key)) return `${alternatives.map(formatCode).join(" or ")} is required`;
  return schema.required?.includes(key) || key === "agentsPerInstance" ? "required" : undefined;
}

function formatType(schema: JsonSchema): string {
  if (schema.anyOf !== undefined) return formatUnion(schema.anyOf);
  if (schema.const !== undefined) return formatCode(String(schema.const));
  if (schema.type === "array") return `list of ${itemType(schema)}s`;
  if (schema.type === "integer" || schema.type === "number") {
    return [schema.type, formatRange(schema)].join(" ").trim();
  }
  if (schema.enum !== undefined)
    return schema.enum.map((each) => formatCode(String(each))).join(" or ");
  return String(schema.type);
}

/** Durations are the only settings that are either a number of seconds or a text. */
function formatUnion(options: readonly (JsonSchema | boolean)[]): string {
  const schemas = options.filter((option) => typeof option === "object");
  return schemas.some(({ type, pattern }) => type === "string" && pattern !== undefined)
    ? "duration"
    : schemas.map(formatType).join(" or ");
}

function itemType({ items }: JsonSchema): string {
  return typeof items === "object" && !Array.isArray(items) ? String(items.type) : "value";
}

function formatRange({ minimum, exclusiveMinimum, maximum }: JsonSchema): string {
  const isOpen = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER;
  if (minimum !== undefined) return isOpen ? `≥ ${minimum}` : `${minimum} to ${maximum}`;
  if (exclusiveMinimum === undefined) return "";
  return isOpen ? `> ${exclusiveMinimum}` : `> ${exclusiveMinimum}, ≤ ${maximum}`;
}

/** They are no part of scalers.yml: the first state of the definition contains them. */
function stateMachineRows(): string[][] {
  return [...REFERENCE_SETTINGS, ...OWN_SETTINGS].flatMap(
    ({ target = "", defaultText: byDefault = "", description }) => {
      const [holder, name = ""] = target.split(".");
      if (holder !== "settings") return [];
      const defaultSeconds = String(parseDurationSeconds(byDefault));
      return [[formatCode(name), "integer ≥ 1", defaultSeconds, description]];
    },
  );
}
