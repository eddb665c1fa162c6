import * as v from "valibot";
import { formatDuration } from "../functions/core/duration.ts";
import { executionInputSchema } from "../functions/core/execution-input.ts";
import {
  DEFAULT_BUSY_AFTER_SECONDS,
  DEFAULT_SCALE_IN_COOLDOWN_SECONDS,
  DEFAULT_UNIT,
  danglingCheckSchema,
  scaleInSchema,
  scaleOutSchema,
  scalerEntrySchema,
} from "../functions/core/scaler-entry.ts";
import { getValue, type Path } from "./setting-path.ts";

/**
 * What each setting of scalers.yml means, by its name (see {@link settingName}). Editors show it, and
 * so do messages about a missing setting. The sentence about the default is added from the schema.
 */
export const DESCRIPTIONS: Readonly<Record<string, string>> = {
  "file.defaults": "Settings for every scaler of this file that does not set them itself.",
  "file.clusters": "The Buildkite clusters to serve. Each has a loop of its own.",
  "cluster.name": "Name of this cluster's loop, and the dimension Loop of its scalers' metrics.",
  "cluster.agentTokenParameter":
    "The SSM parameter that holds the Buildkite cluster's agent token: its path, its full ARN, or /aws/reference/secretsmanager/NAME. Never the token itself.",
  "cluster.agentEndpoint": "URL of Buildkite's Agent API, from which the metrics are read.",
  "cluster.publishMetrics": "Publish queues and scalers as CloudWatch metrics.",
  "cluster.allQueueMetrics":
    "Publish all eight queue metrics of buildkite-agent-metrics, not only jobs scheduled, running and waiting, and agents. Needs `publishMetrics: true`.",
  "cluster.startupJitter":
    "Maximum delay of this cluster's polls. A cluster's name always leads to the same delay.",
  "cluster.events":
    "Poll the moment Buildkite schedules a job, by its events in Amazon EventBridge: `bus` or `source`.",
  "cluster.events.bus":
    "Name of an event bus in this account and region that has Buildkite's events.",
  "cluster.events.source":
    "Buildkite's partner event source in this account and region. The stack creates its event bus.",
  "cluster.defaults": "Settings for every scaler of this cluster that does not set them itself.",
  "cluster.scalers": "Which queues set the size of which Auto Scaling groups.",
  "scaler.queue": "The Buildkite queue whose jobs this group runs.",
  "scaler.queues": "Several queues, in place of `queue`. Their demand is summed.",
  "scaler.group": "Name of the Auto Scaling group. A group may be in one entry only.",
  "scaler.name": "Name in decisions and metrics.",
  "scaler.agentsPerInstance":
    "How many agents one instance runs. Required, either here or in defaults.",
  "scaler.includeWaiting": "Count waiting jobs instead of running jobs if there are more of them.",
  "scaler.instanceBuffer": "Extra instances while there are jobs.",
  "scaler.maxInstanceCap": "Maximum number of instances that jobs can require; 0 means no maximum.",
  "scaler.availabilityThreshold":
    "Add an instance if less than this share of the expected agents is connected; 0 turns the check off.",
  "scaler.agentStartupGrace":
    "After a scale-out, missing agents count as still starting for this long.",
  "scaler.demandShare": "This group's share of its queues' demand, rounded up to whole jobs.",
  "scaler.cooldownFromAnyScaling":
    "Start both cooldowns at the last scaling, whatever its direction.",
  "scaler.scaleIn": "How the group may shrink.",
  "scaler.scaleIn.disabled": "Never scale in. Has no effect in Elastic CI mode.",
  "scaler.scaleIn.cooldown":
    "Minimum time from one scale-in to the next. In a graceful group, from the first drain of one surplus to that of the next.",
  "scaler.scaleIn.factor":
    "Share of the distance to the target that one scale-in covers, rounded up; none means the whole distance.",
  "scaler.scaleIn.graceful":
    "Stop the agents of chosen instances, which finish their jobs first, and never lower desired capacity. The instances need systemd and the SSM agent.",
  "scaler.scaleIn.unit":
    "The systemd unit of the agents, or a pattern such as buildkite-agent@*. Needs graceful.",
  "scaler.scaleIn.endedBy":
    "Who ends an instance whose agents have stopped, and decrements desired capacity: loop or instance. Needs graceful.",
  "scaler.scaleIn.busyAfter":
    "If a surplus lasts longer than this, the instances with the fewest jobs are told to stop too, and finish their jobs; never means idle instances only. Needs graceful.",
  "scaler.scaleOut": "How the group may grow.",
  "scaler.scaleOut.disabled": "Never scale out.",
  "scaler.scaleOut.cooldown": "Minimum time from one scale-out to the next.",
  "scaler.scaleOut.factor":
    "Share of the distance to the target that one scale-out covers, rounded up; none means the whole distance.",
  "scaler.dryRun": "Decide and log the reasons, but change nothing.",
  "scaler.elasticCiMode":
    "The group belongs to an Elastic CI Stack for AWS: scale-in is graceful, and an instance whose agents have stopped ends itself.",
  "scaler.danglingCheck": "How to look for living instances with a dead agent.",
  "scaler.danglingCheck.minimumUptime":
    "In a graceful group, the minimum uptime of an instance before it can count as dangling; at most 10m while its queues have no agent at all.",
  "scaler.danglingCheck.maxInstances":
    "In a graceful group, the maximum number of instances that one check for dangling instances covers.",
};

const HOLDERS: Readonly<Record<string, string>> = {
  clusters: "cluster",
  scalers: "scaler",
  defaults: "scaler",
};

/**
 * Returns the name of a setting at a path of a scalers file: `file.clusters`, `cluster.name`,
 * `scaler.scaleIn.cooldown`. Settings in `defaults` have the same names as in an entry.
 */
export function settingName(path: Path): string {
  const keys = path.filter((key) => typeof key === "string");
  const last = keys.slice(0, -1).findLastIndex((key) => Object.hasOwn(HOLDERS, key));
  const holder = HOLDERS[keys[last] ?? ""] ?? "file";
  return [holder, ...keys.slice(last + 1)].join(".");
}

/** Describes a setting in sentences, the last one about its default; undefined for an unknown name. */
export function describeSetting(name: string): string | undefined {
  const description = DESCRIPTIONS[name];
  const byDefault = defaultText(name);
  return description === undefined || byDefault === undefined
    ? description
    : `${description} Default: ${byDefault}.`;
}

const { plain, elasticCiMode } = DEFAULT_SCALE_IN_COOLDOWN_SECONDS;

/** Defaults that depend on other settings, in words. */
const DEPENDENT_DEFAULTS: Readonly<Record<string, string>> = {
  "scaler.name": "the group's name",
  "scaler.scaleIn.cooldown": `${formatDuration(plain)}, in Elastic CI mode ${formatDuration(elasticCiMode)}`,
  "scaler.scaleIn.graceful": "false, in Elastic CI mode true",
  "scaler.scaleIn.unit": DEFAULT_UNIT,
  "scaler.scaleIn.endedBy": "loop, in Elastic CI mode instance",
  "scaler.scaleIn.busyAfter": `never with one agent per instance, otherwise ${formatDuration(DEFAULT_BUSY_AFTER_SECONDS)}`,
};

const DEFAULTS = {
  cluster: v.getDefaults(executionInputSchema),
  scaler: {
    ...v.getDefaults(scalerEntrySchema),
    scaleIn: v.getDefaults(scaleInSchema),
    scaleOut: v.getDefaults(scaleOutSchema),
    danglingCheck: v.getDefaults(danglingCheckSchema),
  },
};

/** Returns the default of a setting as a person writes it; undefined if it has none. */
export function defaultText(name: string): string | undefined {
  const value = getValue(DEFAULTS, name.split("."));
  const isGroup = typeof value === "object";
  return DEPENDENT_DEFAULTS[name] ?? (value === undefined || isGroup ? undefined : String(value));
}
