import * as v from "valibot";
import { DURATION, parseDurationSeconds } from "./duration.ts";
import { InvalidScaler, type Problem } from "./problems.ts";
import {
  flagSchema,
  settingsSchema,
  textSchema,
  toProblems,
  wholeNumberSchema,
} from "./schema-helpers.ts";

/** What one direction of scaling may do. */
export interface DirectionSettings {
  disabled: boolean;
  cooldownSeconds: number;
  /** Share of the distance to the target that one scaling covers; absent: all of it. */
  factor?: number | undefined;
}

/** One entry of scalers.yml with every default filled in: the queues it looks at, the group it sets. */
export interface Scaler {
  name: string;
  /** Their demand is summed. */
  queues: string[];
  /** Auto Scaling group name. */
  group: string;
  agentsPerInstance: number;
  includeWaiting: boolean;
  instanceBuffer: number;
  /** Most instances that the jobs alone may ask for; 0 is no cap. */
  maxInstanceCap: number;
  /** Share of expected agents below which an instance is added; 0 switches that off. */
  availabilityThreshold: number;
  /** How long after a scale-out missing agents are taken to be still starting. */
  agentStartupGraceSeconds: number;
  /** This group's share of its queues' demand, above 0 and at most 1. */
  demandShare: number;
  /** Both cooldowns count from the last scaling of either direction. */
  cooldownFromAnyScaling: boolean;
  scaleIn: DirectionSettings;
  scaleOut: DirectionSettings;
  /** Decide and explain, and write nothing. */
  dryRun: boolean;
  elasticCiMode: boolean;
  danglingCheck: { minimumUptimeSeconds: number; maxInstances: number };
}

/** A little under the six weeks for which AWS keeps a group's activity log. */
const LONGEST_SECONDS = 1000 * 3600;

const A_DURATION = 'whole seconds or a duration such as "90s", "5m" or "1h30m", at most 1000h';

/** Whole seconds, or a duration as the reference writes it; gives seconds. */
export const durationSchema = v.pipe(
  v.union(
    [
      v.pipe(
        v.number(),
        v.safeInteger(A_DURATION),
        v.minValue(0, A_DURATION),
        v.maxValue(LONGEST_SECONDS, A_DURATION),
      ),
      v.pipe(
        v.string(),
        v.regex(DURATION, A_DURATION),
        v.check((written) => (parseDurationSeconds(written) ?? 0) <= LONGEST_SECONDS, A_DURATION),
      ),
    ],
    A_DURATION,
  ),
  v.transform((written) =>
    typeof written === "number" ? written : (parseDurationSeconds(written) ?? 0),
  ),
);

const A_SHARE = "a number above 0 and at most 1";
const share = v.pipe(v.number(A_SHARE), v.gtValue(0, A_SHARE), v.maxValue(1, A_SHARE));

const A_THRESHOLD = "a number from 0 to 1";
const threshold = v.pipe(
  v.number(A_THRESHOLD),
  v.minValue(0, A_THRESHOLD),
  v.maxValue(1, A_THRESHOLD),
);

const A_FACTOR = "a number above 0, or none";
const factor = v.pipe(
  v.union(
    [v.pipe(v.number(), v.finite(A_FACTOR), v.gtValue(0, A_FACTOR)), v.literal("none")],
    A_FACTOR,
  ),
  v.transform((written) => (written === "none" ? undefined : written)),
);

function described<const S extends v.GenericSchema>(schema: S, description: string) {
  return v.pipe(schema, v.description(description));
}

const scaleInEntry = settingsSchema({
  disabled: described(v.optional(flagSchema), "Never scale in. Default: false."),
  cooldown: described(
    v.optional(durationSchema),
    "Time that must pass after a scale-in before the next. Default: 0s, in Elastic CI mode 1h.",
  ),
  factor: described(
    v.optional(factor),
    "Share of the distance to the target that one scale-in covers, rounded up. Default: none, which is all of it.",
  ),
});

const scaleOutEntry = settingsSchema({
  disabled: described(v.optional(flagSchema), "Never scale out. Default: false."),
  cooldown: described(
    v.optional(durationSchema),
    "Time that must pass after a scale-out before the next. Default: 0s.",
  ),
  factor: described(
    v.optional(factor),
    "Share of the distance to the target that one scale-out covers, rounded up. Default: none, which is all of it.",
  ),
});

const danglingCheckEntry = settingsSchema({
  minimumUptime: described(
    v.optional(durationSchema),
    "How long an instance must be up before it can count as dangling. Default: 1h.",
  ),
  maxInstances: described(
    v.optional(wholeNumberSchema(1)),
    "Most instances that one check looks at. Default: 5.",
  ),
});

const NAMES = "a list of different queue names";

const queueNames = v.pipe(
  v.array(textSchema, NAMES),
  v.minLength(1, NAMES),
  v.check((names) => new Set(names).size === names.length, NAMES),
);

/** One entry of `scalers` in scalers.yml, as a user writes it. */
export const scalerEntrySchema = settingsSchema({
  queue: described(v.optional(textSchema), "The Buildkite queue whose jobs this group runs."),
  queues: described(
    v.optional(queueNames),
    "Several queues in place of `queue`: their demand is summed.",
  ),
  group: described(textSchema, "Name of the Auto Scaling group. A group stands in one entry only."),
  name: described(
    v.optional(textSchema),
    "Name in decisions and metrics. Default: the group's name.",
  ),
  agentsPerInstance: described(wholeNumberSchema(1), "How many agents one instance runs."),
  includeWaiting: described(
    v.optional(flagSchema),
    "Count waiting jobs as demand where they outnumber the running ones. Default: false.",
  ),
  instanceBuffer: described(
    v.optional(wholeNumberSchema(0)),
    "Instances kept ready beyond the need while there are jobs. Default: 0.",
  ),
  maxInstanceCap: described(
    v.optional(wholeNumberSchema(0)),
    "Most instances that the jobs may ask for. Default: 0, which is no cap.",
  ),
  availabilityThreshold: described(
    v.optional(threshold),
    "Share of the expected agents below which an instance is added; 0 switches that off. Default: 0.5.",
  ),
  agentStartupGrace: described(
    v.optional(durationSchema),
    "How long after a scale-out missing agents count as still starting. Default: 5m.",
  ),
  demandShare: described(
    v.optional(share),
    "This group's share of its queues' demand, rounded up. Default: 1.",
  ),
  cooldownFromAnyScaling: described(
    v.optional(flagSchema),
    "Count both cooldowns from the last scaling of either direction. Default: false.",
  ),
  scaleIn: described(v.optional(scaleInEntry), "How the group may shrink."),
  scaleOut: described(v.optional(scaleOutEntry), "How the group may grow."),
  dryRun: described(
    v.optional(flagSchema),
    "Decide and explain, and change nothing. Default: false.",
  ),
  elasticCiMode: described(
    v.optional(flagSchema),
    "The group runs the Elastic CI Stack for AWS. Default: false.",
  ),
  danglingCheck: described(
    v.optional(danglingCheckEntry),
    "How instances without a live agent are looked for.",
  ),
});

/** One entry as a user writes it, before defaults. */
export type ScalerEntry = v.InferInput<typeof scalerEntrySchema>;

const DEFAULTS = {
  availabilityThreshold: 0.5,
  agentStartupGraceSeconds: 300,
  elasticScaleInCooldownSeconds: 3600,
  danglingUptimeSeconds: 3600,
  danglingInstances: 5,
};

/**
 * The scalers of a list of entries, every default filled in.
 * @throws InvalidScaler naming every problem of every entry, with where it stands.
 */
export function parseScalers(entries: readonly unknown[]): Scaler[] {
  const { scalers, problems } = readScalers(entries, labelEntry);
  if (problems.length > 0) throw new InvalidScaler(problems);
  return scalers;
}

/**
 * The scalers that make sense, and every problem of those that do not. `label` says how a person
 * finds the entry at an index.
 */
export function readScalers(
  entries: readonly unknown[],
  label: (index: number, entry: unknown) => string,
): { scalers: Scaler[]; problems: Problem[] } {
  const scalers: Scaler[] = [];
  const problems: Problem[] = [];
  entries.forEach((entry, index) => {
    const where = pathIn(label(index, entry));
    const parsed = v.safeParse(scalerEntrySchema, entry);
    const found = [...toProblems(parsed.issues ?? [], where), ...queueProblems(entry, where)];
    if (parsed.success && found.length === 0) scalers.push(withDefaults(parsed.output));
    problems.push(...found);
  });
  problems.push(...doubles(entries, label));
  return { scalers, problems };
}

/** `scalers[2] (web)`: its index, and its name where it has one. */
export function labelEntry(index: number, entry: unknown): string {
  const name = nameOf(entry);
  return name === undefined ? `scalers[${index}]` : `scalers[${index}] (${name})`;
}

function pathIn(label: string): (path: string) => string {
  return (path) => (path === "" ? label : `${label}: ${path}`);
}

function queueProblems(entry: unknown, where: (path: string) => string): Problem[] {
  if (typeof entry !== "object" || entry === null) return [];
  const both = "queue" in entry && "queues" in entry;
  const neither = !("queue" in entry) && !("queues" in entry);
  if (neither) return [{ where: where("queue"), what: "is missing; allowed: queue or queues" }];
  return both
    ? [{ where: where("queue"), what: "stands beside queues; allowed: one of the two" }]
    : [];
}

/** A name or a group that stands in two entries: the later one is named, with the earlier one. */
function doubles(
  entries: readonly unknown[],
  label: (index: number, entry: unknown) => string,
): Problem[] {
  return [
    ...doublesOf("group", entries.map(groupOf), (index) => label(index, entries[index])),
    ...doublesOf("name", entries.map(nameOf), (index) => label(index, entries[index])),
  ];
}

function doublesOf(
  field: "group" | "name",
  values: readonly (string | undefined)[],
  label: (index: number) => string,
): Problem[] {
  const first = new Map<string, number>();
  return values.flatMap((value, index) => {
    if (value === undefined) return [];
    const earlier = first.get(value);
    if (earlier === undefined) {
      first.set(value, index);
      return [];
    }
    const what = `"${value}" stands in ${label(earlier)} already; allowed: a ${field} in one entry only`;
    return [{ where: `${label(index)}: ${field}`, what }];
  });
}

function groupOf(entry: unknown): string | undefined {
  return fieldOf(entry, "group");
}

function nameOf(entry: unknown): string | undefined {
  return fieldOf(entry, "name") ?? groupOf(entry);
}

function fieldOf(entry: unknown, field: string): string | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const value: unknown = Reflect.get(entry, field);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function withDefaults(entry: v.InferOutput<typeof scalerEntrySchema>): Scaler {
  const elasticCiMode = entry.elasticCiMode ?? false;
  return {
    name: entry.name ?? entry.group,
    queues: entry.queues ?? [entry.queue].filter((queue) => queue !== undefined),
    group: entry.group,
    agentsPerInstance: entry.agentsPerInstance,
    includeWaiting: entry.includeWaiting ?? false,
    instanceBuffer: entry.instanceBuffer ?? 0,
    maxInstanceCap: entry.maxInstanceCap ?? 0,
    availabilityThreshold: entry.availabilityThreshold ?? DEFAULTS.availabilityThreshold,
    agentStartupGraceSeconds: entry.agentStartupGrace ?? DEFAULTS.agentStartupGraceSeconds,
    demandShare: entry.demandShare ?? 1,
    cooldownFromAnyScaling: entry.cooldownFromAnyScaling ?? false,
    scaleIn: direction(entry.scaleIn, elasticCiMode ? DEFAULTS.elasticScaleInCooldownSeconds : 0),
    scaleOut: direction(entry.scaleOut, 0),
    dryRun: entry.dryRun ?? false,
    elasticCiMode,
    danglingCheck: {
      minimumUptimeSeconds: entry.danglingCheck?.minimumUptime ?? DEFAULTS.danglingUptimeSeconds,
      maxInstances: entry.danglingCheck?.maxInstances ?? DEFAULTS.danglingInstances,
    },
  };
}

function direction(
  entry: v.InferOutput<typeof scaleInEntry> | undefined,
  defaultCooldownSeconds: number,
): DirectionSettings {
  return {
    disabled: entry?.disabled ?? false,
    cooldownSeconds: entry?.cooldown ?? defaultCooldownSeconds,
    factor: entry?.factor,
  };
}
