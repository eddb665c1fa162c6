import { afterAll, beforeEach } from "vitest";
import { sandboxEnvironment } from "../../local/sandbox/environment.ts";
import type { EventQueue } from "../../local/sandbox/event-queue.ts";
import type { BuildkiteSettings } from "../../local/sandbox/http/buildkite.ts";
import { createScriptedWorld } from "../../local/sandbox/scripted-world.ts";
import { startSandbox } from "../../local/sandbox/server.ts";

/**
 * The real handlers with the real SDK clients, which call a sandbox in this process over HTTP. Only
 * the tests change the sandbox's world. Each test starts with a new state, except for what a warm
 * Lambda keeps: the cached token of a parameter. A test that depends on it uses {@link newParameter}.
 */

const TOKEN = "bkct_of-the-sandbox";

/** The parameter with the token that the sandbox's Buildkite accepts. */
export const PARAMETER = "/buildkite/agent-token";

export const world = createScriptedWorld();
export const parameters = new Map<string, string>();
export const buildkite: BuildkiteSettings = { token: TOKEN };

/** SQS queues, by name. */
export const queues = new Map<string, EventQueue>();

const now = () => Date.now();

export const sandbox = await startSandbox({ world, buildkite, parameters, queues, now });

Object.assign(process.env, sandboxEnvironment(sandbox.url));
export const { HANDLERS } = await import("../../local/engine/handlers.ts");

beforeEach(() => {
  world.clear();
  sandbox.faults.clear();
  sandbox.calls.length = 0;
  sandbox.published.length = 0;
  queues.clear();
  parameters.clear();
  parameters.set(PARAMETER, TOKEN);
  Object.assign(buildkite, { token: TOKEN, pollDurationSeconds: undefined, ageSeconds: undefined });
});

afterAll(() => sandbox.close());

let parameterCount = 0;

/** Creates a parameter that nobody has read yet, and returns its name. */
export function newParameter(token = TOKEN): string {
  parameterCount += 1;
  const name = `/buildkite/agent-token-${parameterCount}`;
  parameters.set(name, token);
  return name;
}

/** Creates the input of an execution; by default with the queue `default` and the group `web`. */
export function createInput(input: Record<string, unknown> = {}) {
  return {
    name: "main",
    agentTokenParameter: PARAMETER,
    agentEndpoint: sandbox.agentEndpoint,
    publishMetrics: true,
    scalers: [{ queue: "default", group: "web", agentsPerInstance: 1 }],
    ...input,
  };
}

/** Lists the calls to one service, as `action subject`, oldest first. */
export function listCalls(service: string): string[] {
  return sandbox.calls
    .filter((call) => call.service === service)
    .map(({ action, subject }) => `${action} ${subject}`.trim());
}
