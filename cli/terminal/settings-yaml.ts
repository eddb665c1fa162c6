import { stringify } from "yaml";
import type { LoopInput } from "../../config/loops.ts";

/** Returns the settings of loops as YAML, with the defaults of their file. The agent token's parameter is left out. */
export function formatSettings(loops: readonly LoopInput[]): string {
  const clusters = loops.map(({ agentTokenParameter, ...cluster }) => cluster);
  return stringify({ clusters }, { lineWidth: 0 });
}
