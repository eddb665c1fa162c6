import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as v from "valibot";
import { type LoopSettings, loopSettingsSchema } from "../functions/core/loop-settings.ts";
import { formatProblems } from "../functions/core/problems.ts";
import { toProblems } from "../functions/core/schema-helpers.ts";

const DEFINITION = "statemachine/scaling-loop.asl.json";

const definition = v.object({
  States: v.object({
    Settings: v.object({ Parameters: v.object({ settings: loopSettingsSchema }) }),
  }),
});

/** The settings that stand in the definition's first state, or what is wrong with them. */
export function readLoopSettings(
  text: string = definitionText(),
): LoopSettings | { problem: string } {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), definition), text);
  if (parsed.success) return parsed.output.States.Settings.Parameters.settings;
  const problems = toProblems(parsed.issues, (path) => `${DEFINITION}: ${path}`);
  return { problem: formatProblems(problems) };
}

function definitionText(): string {
  return readFileSync(resolve(import.meta.dirname, "..", DEFINITION), "utf8");
}
