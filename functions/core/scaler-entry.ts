import * as v from "valibot";
import { durationSchema } from "./duration-schema.ts";
import type { Problem } from "./problems.ts";
import type { DirectionSettings, ScaleInSettings, Scaler } from "./scaler.ts";
import { flagSchema, settingsSchema, textSchema, wholeNumberSchema } from "./schema-helpers.ts";

// config/setting-texts.ts says what the settings mean. The Lambdas do not ship it.

const A_SHARE = "a number above 0 and at most 1";
const shareSchema = v.pipe(v.number(A_SHARE), v.gtValue(0, A_SHARE), v.maxValue(1, A_SHARE));

const A_THRESHOLD = "a number from 0 to 1";
const thresholdSchema = v.pipe(
  v.number(A_THRESHOLD),
  v.minValue(0, A_THRESHOLD),
  v.maxValue(1, A_THRESHOLD),
);

const A_FACTOR = "a number above 0, or none";
const factorSchema = v.pipe(
  v.union(
    [v.pipe(v.number(), v.finite(A_FACTOR), v.gtValue(0, A_FACTOR)), v.literal("none")],
    A_FACTOR,
  ),
  v.transform((written) => (written === "none" ? undefined : written)),
);

/** The default of `scaleIn.cooldown` depends on `elasticCiMode`. In seconds. */
export const DEFAULT_SCALE_IN_COOLDOWN_SECONDS = { plain: 0, elasticCiMode: 3600 };

const A_UNIT =
  "a systemd unit or a pattern of units: 1 to 100 letters, digits and the characters @ _ . : * -";

/** What `scaleIn.unit` may be. It becomes part of a script, so it contains nothing special to a shell. */
export const UNIT_PATTERN = /^[A-Za-z0-9@_.:*-]{1,100}$/;

const unitSchema = v.pipe(v.string(A_UNIT), v.regex(UNIT_PATTERN, A_UNIT));

const AN_OWNER = '"loop" or "instance"';

const A_BUSY_AFTER = 'a duration such as "15m", or never';
const busyAfterSchema = v.union([v.literal("never"), durationSchema], A_BUSY_AFTER);

/** The default of `scaleIn.unit`: the unit of the Elastic CI Stack and of Buildkite's packages. */
export const DEFAULT_UNIT = "buildkite-agent";

/** The default of `scaleIn.busyAfter`, if an instance runs several agents: idle instances are rare then. */
export const DEFAULT_BUSY_AFTER_SECONDS = 900;

/** `scaleIn` of an entry. */
export const scaleInSchema = settingsSchema({
  disabled: v.optional(flagSchema, false),
  cooldown: v.optional(durationSchema),
  factor: v.optional(factorSchema, "none"),
  graceful: v.optional(flagSchema),
  unit: v.optional(unitSchema),
  endedBy: v.optional(v.picklist(["loop", "instance"], AN_OWNER)),
  busyAfter: v.optional(busyAfterSchema),
});

/** `scaleOut` of an entry. */
export const scaleOutSchema = settingsSchema({
  disabled: v.optional(flagSchema, false),
  cooldown: v.optional(durationSchema, "0s"),
  factor: v.optional(factorSchema, "none"),
});

/** `danglingCheck` of an entry. */
export const danglingCheckSchema = settingsSchema({
  minimumUptime: v.optional(durationSchema, "1h"),
  maxInstances: v.optional(wholeNumberSchema(1), 5),
});

const A_QUEUE_LIST = "a list of different queue names";

const queueListSchema = v.pipe(
  v.array(textSchema, A_QUEUE_LIST),
  v.minLength(1, A_QUEUE_LIST),
  v.check((names) => new Set(names).size === names.length, A_QUEUE_LIST),
);

/** One entry of `scalers` in scalers.yml. {@link findQueueProblem} checks the rest. */
export const scalerEntrySchema = settingsSchema({
  queue: v.optional(textSchema),
  queues: v.optional(queueListSchema),
  group: textSchema,
  name: v.optional(textSchema),
  agentsPerInstance: wholeNumberSchema(1),
  includeWaiting: v.optional(flagSchema, false),
  instanceBuffer: v.optional(wholeNumberSchema(0), 0),
  maxInstanceCap: v.optional(wholeNumberSchema(0), 0),
  availabilityThreshold: v.optional(thresholdSchema, 0.5),
  agentStartupGrace: v.optional(durationSchema, "5m"),
  demandShare: v.optional(shareSchema, 1),
  cooldownFromAnyScaling: v.optional(flagSchema, false),
  scaleIn: v.optional(scaleInSchema, {}),
  scaleOut: v.optional(scaleOutSchema, {}),
  dryRun: v.optional(flagSchema, false),
  elasticCiMode: v.optional(flagSchema, false),
  danglingCheck: v.optional(danglingCheckSchema, {}),
});

/** One entry as a user writes it, before defaults. */
export type ScalerEntry = v.InferInput<typeof scalerEntrySchema>;

/**
 * Checks that an entry has exactly one of `queue` and `queues`. The schema cannot: it would report
 * this only for an entry without any other problem. `where` is the setting, or "" for the entry.
 */
export function findQueueProblem(entry: unknown): Problem | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const hasQueue = Reflect.get(entry, "queue") !== undefined;
  const hasQueues = Reflect.get(entry, "queues") !== undefined;
  if (hasQueue && hasQueues) return { where: "", what: "queue and queues are both set; use one" };
  if (hasQueue || hasQueues) return undefined;
  return { where: "queue", what: "is missing; allowed: queue or queues" };
}

/**
 * Checks the settings of a graceful scale-in against each other, which the schema cannot. `where` is the
 * setting.
 */
export function findGracefulProblems(entry: unknown): Problem[] {
  const scaleIn: unknown = readKey(entry, "scaleIn");
  const graceful = readKey(scaleIn, "graceful");
  if (readKey(entry, "elasticCiMode") === true) {
    if (graceful !== false) return [];
    const what =
      "false is not allowed with elasticCiMode: true, which drains instances; leave it out";
    return [{ where: "scaleIn.graceful", what }];
  }
  if (graceful === true) return [];
  return ["unit", "endedBy", "busyAfter"]
    .filter((setting) => readKey(scaleIn, setting) !== undefined)
    .map((setting) => ({
      where: `scaleIn.${setting}`,
      what: "is set without scaleIn.graceful: true; set both, or leave it out",
    }));
}

function readKey(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

/** The scaler of an entry that the schema accepted. */
export function toScaler(entry: v.InferOutput<typeof scalerEntrySchema>): Scaler {
  const { queue, queues, agentStartupGrace, scaleIn, scaleOut, danglingCheck, ...same } = entry;
  return {
    ...same,
    name: entry.name ?? entry.group,
    queues: queues ?? [queue].filter((name) => name !== undefined),
    agentStartupGraceSeconds: agentStartupGrace,
    scaleIn: toScaleIn(entry),
    scaleOut: toDirection(scaleOut),
    danglingCheck: {
      minimumUptimeSeconds: danglingCheck.minimumUptime,
      maxInstances: danglingCheck.maxInstances,
    },
  };
}

function toScaleIn({
  scaleIn,
  elasticCiMode,
  agentsPerInstance,
}: v.InferOutput<typeof scalerEntrySchema>): ScaleInSettings {
  const defaults = DEFAULT_SCALE_IN_COOLDOWN_SECONDS;
  const { cooldown = elasticCiMode ? defaults.elasticCiMode : defaults.plain } = scaleIn;
  const { busyAfter = agentsPerInstance === 1 ? "never" : DEFAULT_BUSY_AFTER_SECONDS } = scaleIn;
  return {
    ...toDirection({ ...scaleIn, cooldown }),
    graceful: scaleIn.graceful ?? elasticCiMode,
    unit: scaleIn.unit ?? DEFAULT_UNIT,
    endedBy: scaleIn.endedBy ?? (elasticCiMode ? "instance" : "loop"),
    busyAfterSeconds: busyAfter === "never" ? undefined : busyAfter,
  };
}

function toDirection(entry: v.InferOutput<typeof scaleOutSchema>): DirectionSettings {
  const { disabled, cooldown, factor } = entry;
  return { disabled, cooldownSeconds: cooldown, factor };
}
