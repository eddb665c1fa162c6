import { readDefinition } from "../../config/definition.ts";
import { cutIntoPolls, writeHistory } from "../../local/engine/history.ts";
import { runExecution } from "../../local/engine/run-execution.ts";
import { createScriptedWorld } from "../../local/sandbox/scripted-world.ts";
import { startSandbox } from "../../local/sandbox/server.ts";
import { RECORDED_POLL } from "./files.ts";

/**
 * Records the poll that is drawn: the second one of a loop at its own beat, before which jobs came.
 * Takes 20 seconds.
 */

const PARAMETER = "/buildkite/agent-token";
const TOKEN = "of-the-sandbox";
const TWO_WAITS_SECONDS = 30;

const world = createScriptedWorld();
world.setQueue("default", {});
world.setGroup("web", { desired: 0, max: 10 });
const sandbox = await startSandbox({
  world,
  buildkite: { token: TOKEN },
  parameters: new Map([[PARAMETER, TOKEN]]),
  now: Date.now,
});
Object.assign(process.env, {
  AWS_ENDPOINT_URL: sandbox.url,
  AWS_REGION: "sandbox",
  AWS_ACCESS_KEY_ID: "sandbox",
  AWS_SECRET_ACCESS_KEY: "sandbox",
  LOG_LEVEL: "SILENT",
});
const { HANDLERS } = await import("../../local/engine/handlers.ts");

const { history } = await runExecution({
  definition: readDefinition(),
  input: {
    name: "main",
    agentTokenParameter: PARAMETER,
    agentEndpoint: sandbox.agentEndpoint,
    slotSeconds: TWO_WAITS_SECONDS,
    scalers: [{ queue: "default", group: "web", agentsPerInstance: 4 }],
  },
  handlers: HANDLERS,
  name: "recorded",
  onEvent: ({ details }) => {
    if (details.name === "Wait for next poll")
      world.setQueue("default", { scheduled: 12, running: 3 });
  },
}).outcome;
const [, second] = cutIntoPolls(history);
if (second === undefined) throw new Error("the loop did not poll twice");
await writeHistory(RECORDED_POLL, second);
await sandbox.close();
