import { afterAll, beforeEach } from "vitest";
import { sandboxEnvironment } from "../../local/sandbox/environment.ts";
import type { BuildkiteSettings } from "../../local/sandbox/http/buildkite.ts";
import { createScriptedWorld } from "../../local/sandbox/scripted-world.ts";
import { startSandbox } from "../../local/sandbox/server.ts";

/**
 * The real handlers, whose real SDK clients talk over HTTP to a sandbox in this process, in which
 * nothing happens by itself. It is as new for every test, but for what a warm Lambda keeps: the
 * cached token of a parameter. A test that depends on it takes {@link newParameter}.
 */

const TOKEN = "bkct_of-the-sandbox";

/** The parameter that holds the token which the sandbox's Buildkite accepts. */
export const PARAMETER = "/buildkite/agent-token";

export const world = createScriptedWorld();
export const parameters = new Map<string, string>();
export const buildkite: BuildkiteSettings = { token: TOKEN };

export const sandbox = await startSandbox({ world, buildkite, parameters, now: () => Date.now() });

Object.assign(process.env, sandboxEnvironment(sandbox.url));
export const { HANDLERS } = await import("../../local/engine/handlers.ts");

beforeEach(() => {
  world.clear();
  sandbox.faults.clear();
  sandbox.calls.length = 0;
  sandbox.published.length = 0;
  parameters.clear();
  parameters.set(PARAMETER, TOKEN);
  Object.assign(buildkite, { token: TOKEN, pollDurationSeconds: undefined, ageSeconds: undefined });
});

afterAll(() => sandbox.close());

let made = 0;

/** A parameter that nothing has been read from yet. */
export function newParameter(token = TOKEN): string {
  made += 1;
  const name = `/buildkite/agent-token-${made}`;
  parameters.set(name, token);
  return name;
}

/** An execution's input: one queue `default` for one group `web`, unless said otherwise. */
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

/** What was asked of one service, as `action subject`, oldest first. */
export function listCalls(service: string): string[] {
  return sandbox.calls
    .filter((call) => call.service === service)
    .map(({ action, subject }) => `${action} ${subject}`.trim());
}
