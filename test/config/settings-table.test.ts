import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { migrate } from "../../cli/migrate/migrate.ts";
import { readDefinition } from "../../config/definition.ts";
import { GROUP_PLACEHOLDER } from "../../config/placeholders.ts";
import {
  parseReferenceValue,
  type SettingValue,
  type ValueKind,
} from "../../config/reference-values.ts";
import { getValue, isMapping, type Path } from "../../config/setting-path.ts";
import {
  DEFAULT_POLL_INTERVAL,
  OWN_SETTINGS,
  REFERENCE_SETTINGS,
  type ReferenceSetting,
  type Target,
} from "../../config/settings-table.ts";
import { validateText } from "../../config/validate-file.ts";
import { parseScalers } from "../../functions/core/read-scalers.ts";

const root = resolve(import.meta.dirname, "../..");

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(resolve(root, file), "utf8"));
}

/** Returns the properties of an object in a JSON schema; nested ones as `scaleIn.cooldown`. */
function listProperties(schema: unknown, path: Path): string[] {
  const properties = getValue(schema, [...path, "properties"]);
  if (!isMapping(properties)) return [];
  return Object.keys(properties).flatMap((key) => {
    const nested = listProperties(properties, [key]);
    return nested.length === 0 ? [key] : nested.map((name) => `${key}.${name}`);
  });
}

function listKeys(data: unknown, path: Path): string[] {
  return Object.keys(Object(getValue(data, path)));
}

/** Path of a setting in the input of a loop. */
function pathInLoop(target: Target): Path {
  const [holder, ...keys] = target.split(".");
  return holder === "scaler" ? ["scalers", 0, ...keys] : keys;
}

describe("the settings of the reference and of this project", () => {
  test("list each setting, variable, flag and parameter once", () => {
    const names = [
      ...[...REFERENCE_SETTINGS, ...OWN_SETTINGS].flatMap(({ target }) => target ?? []),
      ...REFERENCE_SETTINGS.flatMap(({ variable }) => variable ?? []),
      ...REFERENCE_SETTINGS.flatMap(({ flag }) => flag?.name ?? []),
      ...REFERENCE_SETTINGS.flatMap(({ parameters = [] }) => parameters),
    ];
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test("are those of scalers.yml and of the definition", () => {
    const schema = readJson("scalers.schema.json");
    const cluster: Path = ["properties", "clusters", "items"];
    const definition = readDefinition();
    const settings = listKeys(definition, ["States", "Settings", "Parameters", "settings"]);
    const known = [
      ...listKeys(schema, [...cluster, "properties"])
        .filter((key) => key !== "events") // It has settings of its own.
        .map((key) => `cluster.${key}`),
      ...listProperties(schema, [...cluster, "properties", "events"]).map(
        (name) => `cluster.events.${name}`,
      ),
      ...listProperties(schema, [...cluster, "properties", "scalers", "items"]).map(
        (name) => `scaler.${name}`,
      ),
      ...settings.map((key) => `settings.${key}`),
    ];
    const targets = [...REFERENCE_SETTINGS, ...OWN_SETTINGS].flatMap(({ target }) => target ?? []);
    expect(targets.toSorted()).toEqual(known.toSorted());
    expect(known).toContain("scaler.scaleIn.cooldown");
  });

  test("have a description each", () => {
    const undescribed = [...REFERENCE_SETTINGS, ...OWN_SETTINGS].filter(
      ({ description }) => !/^[A-Z].*\.$/.test(description),
    );
    expect(undescribed).toEqual([]);
  });

  test("explain every setting that has no counterpart", () => {
    const unexplained = REFERENCE_SETTINGS.filter(
      ({ target, remark }) => target === undefined && !remark,
    );
    expect(unexplained).toEqual([]);
  });

  test("have the poll interval of the definition", () => {
    const settings: Path = ["States", "Settings", "Parameters", "settings", "pollIntervalSeconds"];
    const seconds = getValue(readDefinition(), settings);
    expect(DEFAULT_POLL_INTERVAL).toBe(`${seconds}s`);
  });
});

describe("the defaults of the reference are those of the rules:", () => {
  const LEAST = { queue: "a", group: "web", agentsPerInstance: 1 };
  const WITH_DEFAULT = REFERENCE_SETTINGS.filter(
    ({ target, defaultText }) => target?.startsWith("scaler.") && defaultText !== undefined,
  );

  test.each(WITH_DEFAULT)(
    "$target is $fallback",
    ({ target = "scaler.", kind, defaultText = "" }) => {
      const [plain = ""] = defaultText.split(","); // "0s, in Elastic CI mode 1h"
      const read = kind === "factor" ? { value: plain } : parseReferenceValue(kind, plain);
      if ("allowed" in read) expect.fail(`${defaultText} is not ${read.allowed}`);
      const [, key = "", nested] = target.split(".");
      const setting = nested === undefined ? read.value : { [nested]: read.value };
      expect(parseScalers([{ ...LEAST, [key]: setting }])).toEqual(parseScalers([LEAST]));
    },
  );
});

describe("migrate writes the value of each source to its setting:", () => {
  const LEAST = {
    BUILDKITE_QUEUE: "a",
    ASG_NAME: "web",
    AGENTS_PER_INSTANCE: "1",
    BUILDKITE_AGENT_TOKEN_SSM_KEY: "/token",
  };

  /** No value is a default. */
  const EXAMPLES: Record<Exclude<ValueKind, "text" | "secret">, readonly [string, SettingValue]> = {
    integer: ["3", 3],
    number: ["0.25", 0.25],
    factor: ["0.75", 0.75],
    boolean: ["true", true],
    duration: ["7m", "7m"],
    seconds: ["420", "7m"],
  };

  const TEXTS: Partial<Record<Target, string>> = {
    "scaler.queue": "builds",
    "scaler.group": "large",
    "cluster.agentTokenParameter": "/other/token",
    "cluster.agentEndpoint": "https://agent.example.com/v3",
  };

  function findExample(target: Target, kind: ValueKind): readonly [string, SettingValue] {
    if (kind !== "text" && kind !== "secret") return EXAMPLES[kind];
    const text = TEXTS[target] ?? expect.fail(`no example for ${target}`);
    return [text, text];
  }

  function migrateValue(settings: string, target: Target): unknown {
    const yaml = migrate(settings).yaml ?? "";
    const { loops } = validateText(yaml.replaceAll(GROUP_PLACEHOLDER, "web"), "scalers.yml");
    return getValue(loops[0], pathInLoop(target));
  }

  const selectSettings = (isGiven: (row: ReferenceSetting) => boolean) =>
    REFERENCE_SETTINGS.filter(isGiven).flatMap((row) => {
      const { target } = row;
      const isInFile = target !== undefined && !target.startsWith("settings.");
      return isInFile ? [{ ...row, target }] : [];
    });

  test.each(selectSettings(({ variable }) => variable !== undefined))(
    "$variable to $target",
    ({ target, variable = "", kind }) => {
      const [written, value] = findExample(target, kind);
      const Variables = { ...LEAST, [variable]: written };
      expect(migrateValue(JSON.stringify({ Environment: { Variables } }), target)).toBe(value);
    },
  );

  const PARAMETERS = selectSettings(({ parameters }) => parameters !== undefined).flatMap((row) =>
    (row.parameters ?? []).map((parameter) => ({ ...row, parameter })),
  );

  test.each(PARAMETERS)(
    "$parameter to $target",
    ({ target, parameter, kind, parameterKind, stackDefault }) => {
      const isOnAnyway = stackDefault === "true";
      const [written, value] = isOnAnyway
        ? ["false", false]
        : findExample(target, parameterKind ?? kind);
      expect(migrateValue(JSON.stringify({ Parameters: { [parameter]: written } }), target)).toBe(
        value,
      );
    },
  );
});
