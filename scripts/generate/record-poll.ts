import { readDefinition } from "../../config/definition.ts";
import { cutIntoPolls, writeHistory } from "../../local/engine/history.ts";
import { runExecution } from "../../local/engine/run-execution.ts";
import { connectHandlers } from "../../local/sandbox/connect-handlers.ts";
import { createScriptedWorld } from "../../local/sandbox/scripted-world.ts";
import { startSandbox } from "../../local/sandbox/server.ts";
import { RECORDED_POLL } from "./poll-table.ts";

/**
 * Records the poll of the table in docs/architecture.md: the second poll of a loop. Its jobs arrive
 * after the first poll. Takes 20 seconds. Run `npm run generate` afterwards.
 */

const PARAMETER = "/buildkite/agent-token";
const TOKEN = "of-the-sandbox";
const TWO_POLLS_SECONDS = 30;

const world = createScriptedWorld();
world.setQueue("default", {});
world.setGroup("web", { desired: 0, max: 10 });
const sandbox = await startSandbox({
  world,
  buildkite: { token: TOKEN },
  parameters: new Map([[PARAMETER, TOKEN]]),
  now: Date.now,
});
const { history } = await runExecution({
  definition: readDefinition(),
  input: {
    name: "main",
    agentTokenParameter: PARAMETER,
    agentEndpoint: sandbox.agentEndpoint,
    slotSeconds: TWO_POLLS_SECONDS,
    scalers: [{ queue: "default", group: "web", agentsPerInstance: 4 }],
  },
  handlers: await connectHandlers(sandbox),
  name: "recorded",
  onEvent: ({ details }) => {
    if (details.name === "Wait for next poll") {
      world.setQueue("default", { scheduled: 12, running: 3 });
    }
  },
}).outcome;
const [, second] = cutIntoPolls(history);
if (second === undefined) throw new Error("the loop polled only once");
await writeHistory(RECORDED_POLL, second);
await sandbox.close();
