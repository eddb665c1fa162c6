import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { StateMachineDefinition } from "aws-local-stepfunctions";
import * as v from "valibot";
import { parse } from "yaml";
import { type LoopSettings, loopSettingsSchema } from "../functions/core/loop-settings.ts";
import { formatProblems } from "../functions/core/problems.ts";
import { toProblems } from "../functions/core/schema-helpers.ts";
import { readYaml } from "./yaml.ts";

/** A state machine's definition in the Amazon States Language. */
export type Definition = StateMachineDefinition;

/** The file with the deployed definition, relative to the project's folder. */
export const DEFINITION_FILE = "statemachine/scaling-loop.asl.yml";

/** Returns the definition of the scaling loop, as it is deployed. */
export function readDefinition(): Definition {
  return parseDefinition(readDefinitionText());
}

/**
 * Parses a definition written as YAML. Everything that a YAML alias repeats is copied: the engine's
 * validator writes into a definition, and must not write into another state.
 * @throws YAMLParseError if the text is not YAML
 */
export function parseDefinition(text: string): Definition {
  return JSON.parse(JSON.stringify(parse(text, { merge: true })));
}

const definitionSettingsSchema = v.object({
  States: v.object({
    Settings: v.object({ Parameters: v.object({ settings: loopSettingsSchema }) }),
  }),
});

/** Returns the settings in the definition's first state, or the problems with them. */
export function readLoopSettings(
  text: string = readDefinitionText(),
): LoopSettings | { problem: string } {
  const { data, problems } = readYaml(text);
  const [broken] = problems;
  if (broken !== undefined) {
    return { problem: `${DEFINITION_FILE}:${broken.line ?? 1}: ${broken.what}` };
  }
  const parsed = v.safeParse(definitionSettingsSchema, data);
  if (parsed.success) return parsed.output.States.Settings.Parameters.settings;
  return {
    problem: formatProblems(toProblems(parsed.issues, (path) => `${DEFINITION_FILE}: ${path}`)),
  };
}

function readDefinitionText(): string {
  return readFileSync(resolve(import.meta.dirname, "..", DEFINITION_FILE), "utf8");
}
