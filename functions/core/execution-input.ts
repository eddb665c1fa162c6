import * as v from "valibot";
import { durationSchema } from "./duration-schema.ts";
import { instantSchema } from "./instant.ts";
import { InvalidInput, InvalidScaler } from "./problems.ts";
import { labelEntry, readScalers } from "./read-scalers.ts";
import type { Scaler } from "./scaler.ts";
import {
  flagSchema,
  patternSchema,
  settingsSchema,
  textSchema,
  toProblems,
  wholeNumberSchema,
} from "./schema-helpers.ts";
import { SLOT_SECONDS } from "./slot.ts";

/** Buildkite's Agent API: where agents register and where their metrics are read. */
export const DEFAULT_AGENT_ENDPOINT = "https://agent.buildkite.com/v3";

const A_PARAMETER =
  "an SSM parameter's path (/buildkite/agent-token), its full ARN, or /aws/reference/secretsmanager/NAME";

const PARAMETER = /^(\/[\w.-]+(\/[\w.-]+)*|arn:[\w-]+:ssm:[\w-]+:\d{12}:parameter(\/[\w.-]+)+)$/;

/** The name of an SSM parameter. Refuses everything that may be a token. */
export const tokenParameterSchema = patternSchema(PARAMETER, A_PARAMETER);

const AN_ENDPOINT =
  "an https address, or an http address of this machine, without spaces, query and fragment";

/** The address that the token is sent to: unencrypted only within this machine. */
export const endpointSchema = v.pipe(
  v.string(AN_ENDPOINT),
  v.check((address) => URL.canParse(address) && isSafe(address, new URL(address)), AN_ENDPOINT),
  v.transform((address) => address.replace(/\/+$/, "")),
);

const LOOPBACK: readonly string[] = ["127.0.0.1", "localhost", "[::1]"];

/** Paths are added at the end of the address, so nothing may follow its own path. */
function isSafe(address: string, { protocol, hostname }: URL): boolean {
  const isPrivate = protocol === "https:" || (protocol === "http:" && LOOPBACK.includes(hostname));
  return isPrivate && !/[\s?#]/.test(address);
}

/** Express ends an execution after 300 seconds. A poll that begins just before the end needs up to 50. */
const LONGEST_SLOT_SECONDS = 240;

const A_SLOT = `at most ${LONGEST_SLOT_SECONDS} seconds: an Express execution ends after 300`;

const A_QUEUE = "the URL of an SQS FIFO queue";

/** Buildkite's events arrive in a queue of the loop. */
const eventsInputSchema = settingsSchema({
  queueUrl: patternSchema(/^https?:\/\/[^\s?#]+\/[\w-]{1,75}\.fifo$/, A_QUEUE),
});

/** An execution's input, as the schedule sends it or a person types it. */
export const executionInputSchema = settingsSchema({
  scheduledAt: v.optional(instantSchema),
  name: textSchema,
  agentTokenParameter: tokenParameterSchema,
  agentEndpoint: v.optional(endpointSchema, DEFAULT_AGENT_ENDPOINT),
  publishMetrics: v.optional(flagSchema, false),
  allQueueMetrics: v.optional(flagSchema, false),
  startupJitter: v.optional(durationSchema, "0s"),
  events: v.optional(eventsInputSchema),
  slotSeconds: v.optional(
    v.pipe(wholeNumberSchema(0), v.maxValue(LONGEST_SLOT_SECONDS, A_SLOT)),
    SLOT_SECONDS,
  ),
  scalers: v.pipe(v.array(v.unknown(), "a list of scalers"), v.minLength(1, "at least one scaler")),
});

/** {@link executionInputSchema}, with defaults and the scalers read. */
export interface ExecutionInput {
  /** The scheduled start, RFC 3339; absent if a person started the execution. */
  scheduledAt?: string | undefined;
  /** The loop's name: the cluster's name in scalers.yml, or `main.2` for the second loop of a large one. */
  name: string;
  /** The SSM parameter that holds the cluster's agent token. */
  agentTokenParameter: string;
  agentEndpoint: string;
  publishMetrics: boolean;
  /** Whether a queue has the eight metrics of buildkite-agent-metrics, not four. */
  allQueueMetrics: boolean;
  /** In seconds: the loop's beat lags the clock's by up to this much. */
  startupJitter: number;
  /** Present if the loop listens for Buildkite's events. */
  events?: v.InferOutput<typeof eventsInputSchema> | undefined;
  /** How long an execution without a scheduled time polls; 0 is exactly one poll. */
  slotSeconds: number;
  scalers: Scaler[];
}

/**
 * Reads an execution's input.
 * @throws InvalidInput if the input itself has problems, InvalidScaler if only its scalers have. Both
 * name every problem.
 */
export function parseExecutionInput(input: unknown): ExecutionInput {
  const parsed = v.safeParse(executionInputSchema, input);
  const entries = readEntries(input);
  const { scalers, problems } = readScalers(entries, labelEntry);
  if (!parsed.success) {
    const own = toProblems(parsed.issues, (path) => (path === "" ? "input" : `input: ${path}`));
    throw new InvalidInput([...own, ...problems]);
  }
  if (problems.length > 0) throw new InvalidScaler(problems);
  return { ...parsed.output, scalers };
}

function readEntries(input: unknown): unknown[] {
  if (typeof input !== "object" || input === null) return [];
  const scalers: unknown = Reflect.get(input, "scalers");
  return Array.isArray(scalers) ? scalers : [];
}
