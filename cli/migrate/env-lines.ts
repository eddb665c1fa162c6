import { parseEnv } from "node:util";
import type { Problem } from "../../functions/core/problems.ts";
import type { ReadSource, SourceSetting } from "./source.ts";

const SETTING = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=/;
const NOTHING = /^\s*(#|$)/;

/** Reads `KEY=VALUE` lines, quoted or not, with comments. A line that is none of these is a problem. */
export function readEnvLines(text: string): ReadSource {
  const given: SourceSetting[] = [];
  const problems: Problem[] = [];
  for (const [index, written] of text.split(/\r?\n/).entries()) {
    if (NOTHING.test(written)) continue;
    const line = index + 1;
    const [, name] = SETTING.exec(written) ?? [];
    if (name === undefined) {
      problems.push({ where: `line ${line}`, what: "is not allowed; allowed: KEY=VALUE" });
    } else {
      given.push({ name, value: parseEnv(written)[name] ?? "", line });
    }
  }
  return { source: { kind: "environment", given }, problems };
}
