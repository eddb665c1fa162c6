import { parseEnv } from "node:util";
import type { Problem } from "../../functions/core/problems.ts";
import type { ReadSource, SourceSetting } from "./source.ts";

const SETTING = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=/;
const BLANK_OR_COMMENT = /^\s*(#|$)/;

/** Reads `KEY=VALUE` lines, blank lines and comments. Any other line is a problem. */
export function readEnvLines(text: string): ReadSource {
  const given: SourceSetting[] = [];
  const problems: Problem[] = [];
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    if (BLANK_OR_COMMENT.test(content)) continue;
    const line = index + 1;
    const [, name] = SETTING.exec(content) ?? [];
    if (name === undefined) {
      problems.push({ where: `line ${line}`, what: "is not a setting; allowed: KEY=VALUE" });
    } else {
      given.push({ name, value: parseEnv(content)[name] ?? "", line });
    }
  }
  return { source: { kind: "environment", given }, problems };
}
