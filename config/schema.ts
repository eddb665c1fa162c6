import * as v from "valibot";
import { endpointSchema, tokenParameterSchema } from "../functions/core/execution-input.ts";
import { durationSchema, scalerEntrySchema } from "../functions/core/scaler.ts";
import { flagSchema, settingsSchema } from "../functions/core/schema-helpers.ts";

/**
 * The shape of scalers.yml. It is narrower than what a loop takes: what AWS would refuse later is
 * refused here.
 */

function described<const S extends v.GenericSchema>(schema: S, description: string) {
  return v.pipe(schema, v.description(description));
}

function textLike(pattern: RegExp, allowed: string) {
  return v.pipe(v.string(allowed), v.regex(pattern, allowed));
}

/**
 * A cluster's name becomes part of a schedule's name (at most 64 of these characters and dots) and a
 * metric dimension. A dot is left to tell the loops of a cut cluster apart.
 */
const clusterName = textLike(
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/,
  "1 to 32 letters, digits, hyphens and underscores, the first one a letter or a digit",
);

/**
 * CreateAutoScalingGroup: ASCII 33 to 126 without the colon, at most 255. Without * and ? besides:
 * the name stands in a role's policy, where they would stand for other groups too.
 */
const groupName = textLike(
  /^[!-)+-9;->@-~]{1,255}$/,
  "the name of an Auto Scaling group: 1 to 255 ASCII characters without spaces, :, * and ?",
);

/** What CloudWatch takes for the value of a dimension. */
export const DIMENSION_VALUE = /^(?=.*\S)[ -~]{1,255}$/;

const scalerName = textLike(DIMENSION_VALUE, "1 to 255 printable ASCII characters");

const { group, name, agentsPerInstance } = scalerEntrySchema.entries;

/** What a file cannot do without, in words for one who left it out. */
export const REQUIRED = {
  clusters: "The Buildkite clusters to serve; each has a loop of its own.",
  name: "Name of this cluster's loop, and the dimension Loop of its scalers' metrics.",
  agentTokenParameter:
    "The SSM parameter that holds the Buildkite cluster's agent token: its path, its full ARN, or /aws/reference/secretsmanager/NAME. Never the token itself.",
  scalers: "Which queues set the size of which Auto Scaling groups.",
  group: descriptionOf(group),
  agentsPerInstance: `${descriptionOf(agentsPerInstance)} Here or in defaults.`,
};

const names = {
  group: described(groupName, REQUIRED.group),
  name: described(v.optional(scalerName), descriptionOf(name)),
};

/** One entry with the defaults of its file and cluster in it. */
const fullEntry = settingsSchema({ ...scalerEntrySchema.entries, ...names });

/** One entry as it is written: what defaults may give is not asked for. */
export const writtenEntrySchema = settingsSchema({
  ...scalerEntrySchema.entries,
  ...names,
  agentsPerInstance: v.optional(agentsPerInstance),
});

/** What `defaults` may hold: every setting of an entry but its names. */
export const defaultsSchema = settingsSchema({
  ...v.omit(scalerEntrySchema, ["queue", "queues", "group", "name"]).entries,
  agentsPerInstance: v.optional(agentsPerInstance),
});

const agentEndpoint = v.pipe(
  endpointSchema,
  v.check(
    (address) => !hasCredentials(address),
    "an address without a user name and a password: it would stand in every log",
  ),
);

/** Whether a user name or a password stands in an address. */
export function hasCredentials(address: string): boolean {
  if (!URL.canParse(address)) return address.includes("@");
  const { username, password } = new URL(address);
  return username !== "" || password !== "";
}

const clusterEntries = {
  name: described(clusterName, REQUIRED.name),
  agentTokenParameter: described(tokenParameterSchema, REQUIRED.agentTokenParameter),
  agentEndpoint: described(
    v.optional(agentEndpoint),
    "Where Buildkite's agent metrics are read. Default: https://agent.buildkite.com/v3.",
  ),
  publishMetrics: described(
    v.optional(flagSchema),
    "Publish queues and scalers as CloudWatch metrics. Default: false.",
  ),
  startupJitter: described(
    v.optional(durationSchema),
    "This cluster's polls lie up to this long behind the clock's, always the same for one name. Default: 0s.",
  ),
  defaults: described(
    v.optional(defaultsSchema),
    "Settings for every scaler of this cluster that does not have its own.",
  ),
};

function fileOf<const E extends v.GenericSchema>(entry: E) {
  const cluster = settingsSchema({
    ...clusterEntries,
    scalers: described(
      v.pipe(v.array(entry, "a list of scalers"), v.minLength(1, "at least one scaler")),
      REQUIRED.scalers,
    ),
  });
  return settingsSchema({
    defaults: described(
      v.optional(defaultsSchema),
      "Settings for every scaler of this file that does not have its own.",
    ),
    clusters: described(
      v.pipe(v.array(cluster, "a list of clusters"), v.minLength(1, "at least one cluster")),
      REQUIRED.clusters,
    ),
  });
}

/** scalers.yml as it is written. */
export const writtenFileSchema = fileOf(writtenEntrySchema);

/** scalers.yml with its defaults in every entry. */
export const fullFileSchema = fileOf(fullEntry);

/** scalers.yml with its defaults in every entry, settings as they were written. */
export type FullFile = v.InferInput<typeof fullFileSchema>;

/** One cluster of a {@link FullFile}. */
export type FullCluster = FullFile["clusters"][number];

function descriptionOf(schema: v.GenericSchema): string {
  return v.getDescription(schema) ?? "";
}
