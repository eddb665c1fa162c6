import * as v from "valibot";
import {
  DEFAULT_AGENT_ENDPOINT,
  endpointSchema,
  executionInputSchema,
} from "../functions/core/execution-input.ts";
import { scalerEntrySchema } from "../functions/core/scaler-entry.ts";
import { patternSchema, settingsSchema } from "../functions/core/schema-helpers.ts";

// The schema of scalers.yml. It is narrower than what the loop accepts: it refuses what AWS would
// refuse after the deploy. Descriptions are in setting-texts.ts.

/**
 * A cluster's name becomes a part of a schedule's name (at most 64 of these characters and dots) and
 * a metric dimension. Dots are reserved for the loops of a large cluster: `main.2`.
 */
const clusterNameSchema = patternSchema(
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/,
  "1 to 32 letters, digits, hyphens and underscores, the first one a letter or a digit",
);

/**
 * CreateAutoScalingGroup takes 1 to 255 ASCII characters from 33 to 126 without the colon. `*` and `?`
 * are refused too: the name becomes a part of an IAM policy, where they would match other groups.
 */
const groupNameSchema = patternSchema(
  /^[!-)+-9;->@-~]{1,255}$/,
  "the name of an Auto Scaling group: 1 to 255 ASCII characters without spaces, :, * and ?",
);

/** The values that CloudWatch takes for a metric dimension. */
export const DIMENSION_VALUE = /^(?=.*\S)[ -~]{1,255}$/;

const scalerNameSchema = patternSchema(DIMENSION_VALUE, "1 to 255 printable ASCII characters");

const entryNames = { group: groupNameSchema, name: v.optional(scalerNameSchema) };

const { agentsPerInstance } = scalerEntrySchema.entries;

/** An entry with the defaults of its file and its cluster. */
const fullEntrySchema = settingsSchema({ ...scalerEntrySchema.entries, ...entryNames });

/** An entry as it is written: `defaults` may hold agentsPerInstance. */
export const writtenEntrySchema = settingsSchema({
  ...scalerEntrySchema.entries,
  ...entryNames,
  agentsPerInstance: v.optional(agentsPerInstance),
});

/** `defaults` of a file or a cluster: every setting of an entry but its queues, group and name. */
export const defaultsSchema = settingsSchema({
  ...v.omit(scalerEntrySchema, ["queue", "queues", "group", "name"]).entries,
  agentsPerInstance: v.optional(agentsPerInstance),
});

const agentEndpointSchema = v.pipe(
  endpointSchema,
  v.check(
    (address) => !hasCredentials(address),
    "an address without a user name and a password, because addresses are logged",
  ),
);

/** Whether an address contains a user name or a password. */
export function hasCredentials(address: string): boolean {
  if (!URL.canParse(address)) return address.includes("@");
  const { username, password } = new URL(address);
  return username !== "" || password !== "";
}

const { agentTokenParameter, publishMetrics, allQueueMetrics, startupJitter } =
  executionInputSchema.entries;

/** A rule takes a bus of the account by its name. A partner event source is its bus's name too. */
const busSchema = patternSchema(
  /^[\w./-]{1,256}$/,
  "the name of an event bus, such as aws.partner/buildkite.com/my-org/1a2b3c",
);

const sourceSchema = patternSchema(
  /^aws\.partner\/buildkite\.com\/[\w.-]+\/[\w./-]{1,200}$/,
  "a partner event source of Buildkite, such as aws.partner/buildkite.com/my-org/1a2b3c",
);

/** Where Buildkite's events arrive: a bus that exists, or a partner event source that gets one. */
export const eventsSchema = settingsSchema({
  bus: v.optional(busSchema),
  source: v.optional(sourceSchema),
});

/** {@link eventsSchema}: exactly one of the two is set. */
export type EventsSetting = v.InferOutput<typeof eventsSchema>;

const clusterEntries = {
  name: clusterNameSchema,
  agentTokenParameter,
  agentEndpoint: v.optional(agentEndpointSchema, DEFAULT_AGENT_ENDPOINT),
  publishMetrics,
  allQueueMetrics,
  startupJitter,
  events: v.optional(eventsSchema),
  defaults: v.optional(defaultsSchema),
};

function createFileSchema<const Entry extends v.GenericSchema>(entrySchema: Entry) {
  const clusterSchema = settingsSchema({
    ...clusterEntries,
    scalers: v.pipe(
      v.array(entrySchema, "a list of scalers"),
      v.minLength(1, "at least one scaler"),
    ),
  });
  return settingsSchema({
    defaults: v.optional(defaultsSchema),
    clusters: v.pipe(
      v.array(clusterSchema, "a list of clusters"),
      v.minLength(1, "at least one cluster"),
    ),
  });
}

/** scalers.yml as it is written. */
export const writtenFileSchema = createFileSchema(writtenEntrySchema);

/** scalers.yml with its defaults in every entry. */
export const fullFileSchema = createFileSchema(fullEntrySchema);

/** scalers.yml with its defaults in every entry, settings as they were written. */
export type FullFile = v.InferInput<typeof fullFileSchema>;

/** One cluster of a {@link FullFile}. */
export type FullCluster = FullFile["clusters"][number];
