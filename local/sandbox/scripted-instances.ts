import type { InstanceAnswer } from "../../functions/core/facts.ts";
import {
  type InvocationFilter,
  UnknownInstances,
  type World,
  type WorldCommand,
  type WorldInvocation,
} from "../../simulation/fleet/world.ts";

/** What happens to commands for one instance, and what its unit is like. */
export interface InstanceScript {
  platform: InstanceAnswer["platform"];
  /** systemd's ActiveState of the agents' unit. */
  state: InstanceAnswer["state"];
  /** Running jobs. */
  jobs: number;
  uptimeSeconds: number;
  bootId: string;
  /** When the unit became inactive, in seconds after boot. */
  inactiveAtSeconds?: number;
  /**
   * What SSM says of a command. `answers`: it ran, and printed its line. `silent`: it was sent, and nothing
   * more is known. `undeliverable`: SSM gave it up.
   */
  commands: "answers" | "silent" | "undeliverable";
  /** Whether SSM knows the instance. If not, it refuses every command for it. */
  isKnown: boolean;
}

/** Instances whose units change only by stops and by scripts. */
export interface ScriptedInstances
  extends Required<Pick<World, "sendCommand" | "invocations" | "managedInstances">> {
  /** Every command that was accepted, oldest first. */
  readonly sent: readonly WorldCommand[];
  /** Changes what an instance is like; what is not named stays. */
  script(id: string, change: Partial<InstanceScript>): void;
  clear(): void;
}

const USUAL: InstanceScript = {
  platform: "linux",
  state: "active",
  jobs: 0,
  uptimeSeconds: 7200,
  bootId: "first-boot",
  commands: "answers",
  isKnown: true,
};

const STATUSES = {
  answers: { status: "Success", statusDetails: "Success" },
  silent: { status: "InProgress", statusDetails: "InProgress" },
  undeliverable: { status: "TimedOut", statusDetails: "DeliveryTimedOut" },
} as const;

/**
 * Creates instances with an active unit and no jobs. A command runs at once: a stop of an instance without
 * jobs makes its unit inactive, a stop of one with jobs makes it deactivating.
 * @param exists tells whether an id is an instance of a group
 */
export function createScriptedInstances(exists: (id: string) => boolean): ScriptedInstances {
  const scripts = new Map<string, InstanceScript>();
  const sent: WorldCommand[] = [];
  const invocations: WorldInvocation[] = [];
  const find = (id: string) => scripts.get(id) ?? USUAL;

  const invoke = (
    command: WorldCommand,
    commandId: string,
    instanceId: string,
  ): WorldInvocation => {
    const script = find(instanceId);
    const { document, comment, action } = command;
    const common = { commandId, instanceId, document, comment, requestedMs: Date.now() };
    const status = STATUSES[script.commands];
    if (script.commands !== "answers") return { ...common, ...status, output: "" };
    const { after, stopped } = runAction(action, script);
    scripts.set(instanceId, after);
    return { ...common, ...status, output: formatLine(after, stopped) };
  };

  return {
    sent,
    script: (id, change) => scripts.set(id, { ...find(id), ...change }),
    sendCommand: (command) => {
      const isUnknown = (id: string) => !exists(id) || !find(id).isKnown;
      const unknown = command.instances.filter(isUnknown);
      if (unknown.length > 0) throw new UnknownInstances(unknown);
      sent.push(command);
      const commandId = formatCommandId(sent.length);
      invocations.unshift(...command.instances.map((id) => invoke(command, commandId, id)));
      return commandId;
    },
    managedInstances: (ids) =>
      ids
        .filter((id) => exists(id) && find(id).isKnown)
        .map((id) => {
          const { commands, platform } = find(id);
          return { id, isOnline: commands === "answers", platform };
        }),
    invocations: (filter) => invocations.filter((each) => matchesFilter(each, filter)),
    clear: () => {
      scripts.clear();
      for (const list of [sent, invocations]) list.length = 0;
    },
  };
}

function matchesFilter(
  { commandId, document, requestedMs }: WorldInvocation,
  filter: InvocationFilter,
): boolean {
  return "commandId" in filter
    ? commandId === filter.commandId
    : document === filter.document && requestedMs >= filter.afterMs;
}

function formatCommandId(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
}

/** What an action does to a unit, and whether it told the unit to stop; undefined for a look. */
function runAction(
  action: WorldCommand["action"],
  script: InstanceScript,
): { after: InstanceScript; stopped?: boolean } {
  const { state, jobs, platform, uptimeSeconds } = script;
  if (action === "look") return { after: script };
  const isBusy = jobs > 0 && state !== "deactivating";
  const isLeft =
    platform === "windows" || state === "not-found" || (action === "stop-if-idle" && isBusy);
  if (isLeft) return { after: script, stopped: false };
  const isRunning = state === "active" || state === "activating" || state === "deactivating";
  if (!isRunning) return { after: script, stopped: true };
  const after: InstanceScript =
    jobs > 0
      ? { ...script, state: "deactivating" }
      : { ...script, state: "inactive", inactiveAtSeconds: uptimeSeconds };
  return { after, stopped: true };
}

/** The line that the project's scripts print; see functions/core/graceful/parse-answer.ts. */
function formatLine(
  { platform, state, jobs, uptimeSeconds, bootId, inactiveAtSeconds }: InstanceScript,
  stopped: boolean | undefined,
): string {
  return JSON.stringify({
    v: 1,
    platform,
    state,
    jobs,
    up: uptimeSeconds,
    boot: bootId,
    inactive: inactiveAtSeconds,
    stopped,
  });
}
