import type { Instance } from "./instance.ts";
import type { InstanceOptions } from "./options.ts";
import type { WorldCommand } from "./world.ts";

/** The unit of the Elastic CI Stack and of Buildkite's packages. */
const DEFAULT_UNIT = "buildkite-agent";

/**
 * Returns the line that a command prints on an instance: functions/core/graceful/parse-answer.ts reads it.
 * @param stopped whether the unit was told to stop; undefined for a look
 */
export function printAnswer(
  instance: Instance,
  options: InstanceOptions,
  { unit, stopped, nowMs }: { unit: string; stopped?: boolean | undefined; nowMs: number },
): string {
  const { platform = "linux" } = options;
  const { state, inactiveMs, orphanEndsMs } = instance.unit;
  const toSeconds = (ms: number) => Math.floor((ms - instance.launchedMs) / 1000);
  const isFound = matchesUnit(unit, options);
  const isDead = state === "inactive" || state === "failed";
  const orphans = orphanEndsMs.filter((endMs) => endMs > nowMs).length;
  return JSON.stringify({
    v: 1,
    platform,
    state: isFound ? state : "not-found",
    jobs: isFound ? instance.running.size + orphans : 0,
    up: toSeconds(nowMs),
    boot: `boot-of-${instance.id}`,
    ...(isDead ? { inactive: toSeconds(inactiveMs ?? instance.launchedMs) } : {}),
    ...(stopped === undefined ? {} : { stopped }),
  });
}

/** Returns whether a stop tells the unit to stop: never on Windows, and `stop-if-idle` only if it has no jobs or stops already. */
export function mayStop(
  { running, unit: { state } }: Instance,
  options: InstanceOptions,
  { action, unit }: Pick<WorldCommand, "action" | "unit">,
): boolean {
  if (options.platform === "windows" || !matchesUnit(unit, options)) return false;
  return action === "stop" || running.size === 0 || state === "deactivating";
}

/** Whether a unit's name matches a pattern such as `buildkite-agent@*`. */
function matchesUnit(pattern: string, { unit = DEFAULT_UNIT }: InstanceOptions): boolean {
  const [first = "", ...others] = pattern.split("*");
  const last = others.at(-1);
  return last === undefined ? unit === first : unit.startsWith(first) && unit.endsWith(last);
}
