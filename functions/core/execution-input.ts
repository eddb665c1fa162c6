import * as v from "valibot";
import { instantSchema } from "./facts.ts";
import { InvalidInput, InvalidScaler, type Problem } from "./problems.ts";
import { durationSchema, labelEntry, readScalers, type Scaler } from "./scaler.ts";
import {
  flagSchema,
  settingsSchema,
  textSchema,
  toProblems,
  wholeNumberSchema,
} from "./schema-helpers.ts";
import { SLOT_SECONDS } from "./slot.ts";

/** Where Buildkite's agents and their metrics are reached, unless a cluster says otherwise. */
export const DEFAULT_AGENT_ENDPOINT = "https://agent.buildkite.com/v3";

const A_PARAMETER =
  "an SSM parameter's path (/buildkite/agent-token), its full ARN, or /aws/reference/secretsmanager/NAME";

const PARAMETER = /^(\/[\w.-]+(\/[\w.-]+)*|arn:[\w-]+:ssm:[\w-]+:\d{12}:parameter(\/[\w.-]+)+)$/;

/** Names an SSM parameter; never looks like a token. */
export const tokenParameterSchema = v.pipe(v.string(A_PARAMETER), v.regex(PARAMETER, A_PARAMETER));

const AN_ENDPOINT = "an https address; http only to this machine";

/** Where the token is sent: in the clear only within one machine. */
export const endpointSchema = v.pipe(
  v.string(AN_ENDPOINT),
  v.check((address) => URL.canParse(address) && isSafe(new URL(address)), AN_ENDPOINT),
  v.transform((address) => address.replace(/\/+$/, "")),
);

const LOOPBACK: readonly string[] = ["127.0.0.1", "localhost", "[::1]"];

function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.includes(hostname));
}

/** Express ends an execution after 300 seconds; the last poll needs some of them. */
const LONGEST_SLOT_SECONDS = 270;

const A_SLOT = `at most ${LONGEST_SLOT_SECONDS} seconds: an Express execution ends after 300`;

const executionInput = settingsSchema({
  scheduledAt: v.optional(instantSchema),
  name: textSchema,
  agentTokenParameter: tokenParameterSchema,
  agentEndpoint: v.optional(endpointSchema, DEFAULT_AGENT_ENDPOINT),
  publishMetrics: v.optional(flagSchema, false),
  startupJitter: v.optional(durationSchema, 0),
  slotSeconds: v.optional(
    v.pipe(wholeNumberSchema(0), v.maxValue(LONGEST_SLOT_SECONDS, A_SLOT)),
    SLOT_SECONDS,
  ),
  scalers: v.pipe(v.array(v.unknown(), "a list of scalers"), v.minLength(1, "at least one scaler")),
});

/** An execution's input, as the schedule sends it or a person types it, with defaults filled in. */
export interface ExecutionInput {
  /** When the schedule meant the execution to start, RFC 3339; absent where a person started it. */
  scheduledAt?: string | undefined;
  /** The cluster's name in scalers.yml. */
  name: string;
  /** The SSM parameter that holds the cluster's agent token. */
  agentTokenParameter: string;
  agentEndpoint: string;
  publishMetrics: boolean;
  /** The cluster's beat lies up to this many seconds behind the clock's. */
  startupJitter: number;
  /** How long an execution without a scheduled time polls; 0 is exactly one poll. */
  slotSeconds: number;
  scalers: Scaler[];
}

/**
 * Reads an execution's input.
 * @throws InvalidInput where the input itself makes no sense, InvalidScaler where only scalers do
 * not. Both name every problem.
 */
export function parseExecutionInput(input: unknown): ExecutionInput {
  const parsed = v.safeParse(executionInput, input);
  const entries = scalersOf(input);
  const { scalers, problems } = readScalers(entries, labelEntry);
  const refused = [...problems, ...findUndrainedScalers(scalers)];
  if (!parsed.success) {
    const found = toProblems(parsed.issues, (path) => (path === "" ? "input" : `input: ${path}`));
    throw new InvalidInput([...found, ...refused]);
  }
  if (refused.length > 0) throw new InvalidScaler(refused);
  return { ...parsed.output, scalers };
}

function scalersOf(input: unknown): unknown[] {
  if (typeof input !== "object" || input === null) return [];
  const scalers: unknown = Reflect.get(input, "scalers");
  return Array.isArray(scalers) ? scalers : [];
}

/**
 * Elastic CI mode promises that an instance finishes its jobs before it ends. Until that drain
 * exists, a scaler in this mode may only rehearse.
 */
export function findUndrainedScalers(scalers: readonly Scaler[]): Problem[] {
  return scalers
    .filter(({ elasticCiMode, dryRun }) => elasticCiMode && !dryRun)
    .map(({ name }) => ({
      where: `scaler ${name}: elasticCiMode`,
      what: "true is not allowed yet: its graceful scale-in is not built; allowed: false, or true with dryRun: true",
    }));
}
