import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readHistories } from "../../../local/engine/history.ts";
import { sandboxEnvironment } from "../../../local/sandbox/environment.ts";
import { createScriptedWorld } from "../../../local/sandbox/scripted-world.ts";
import { startSandbox } from "../../../local/sandbox/server.ts";
import { type Started, startCommand } from "../../support/command.ts";

const TOKEN = "bkct_never-to-be-seen";
const SECONDS = { timeout: 20_000 };

const world = createScriptedWorld();
const parameters = new Map<string, string>();
const sandbox = await startSandbox({
  world,
  buildkite: { token: TOKEN },
  parameters,
  now: () => Date.now(),
});
afterAll(() => sandbox.close());

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "run-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(() => {
  world.clear();
  parameters.clear();
  sandbox.calls.length = 0;
  world.setQueue("default", { scheduled: 5, idle: 2 });
  world.setGroup("web", { desired: 2 });
});

/** An environment with credentials, whose AWS is the sandbox. */
const MACHINE = {
  PATH: process.env.PATH,
  NO_COLOR: "1",
  ...sandboxEnvironment(sandbox.url),
  AWS_EC2_METADATA_DISABLED: "true",
};

/** Starts the command as a user does. An undefined variable is not set. */
function startRun(options: string[], env: Record<string, string | undefined> = {}): Started {
  const none = join(folder, "none");
  const home = { HOME: folder, AWS_CONFIG_FILE: none, AWS_SHARED_CREDENTIALS_FILE: none };
  return startCommand(["run", ...options], { ...MACHINE, ...home, ...env });
}

const WEB = ["--asg-name", "web", "--agent-endpoint", sandbox.agentEndpoint];

function listActions(): string[] {
  return sandbox.calls.map(({ action }) => action);
}

describe("run, started as a user starts it", () => {
  test(
    "polls once with a token from the environment, which is never printed or recorded",
    SECONDS,
    async () => {
      const path = join(folder, "new", "history.json");
      const options = [...WEB, "--once", "--history", path];
      const { exitCode, output } = await startRun(options, { BUILDKITE_AGENT_TOKEN: TOKEN }).ended;
      expect([exitCode, output]).toEqual([
        0,
        expect.stringMatching(/poll 1: web scale-out 2 to 5: /),
      ]);
      expect(output).toMatch(/^decisions {7}1 scale-out, 0 scale-ins$/m);
      expect(world.commands).toEqual([{ group: "web", desired: 5 }]);
      expect(listActions()).not.toContain("GetParameter"); // The sandbox's SSM is not called.
      const [history = []] = await readHistories(path);
      expect(history.at(-1)?.type).toBe("ExecutionSucceeded");
      expect(readFileSync(path, "utf8") + output).not.toMatch(/bkct_|of-the-sandbox/);
    },
  );

  test("accepts a token on the command line, with a warning", SECONDS, async () => {
    const options = [...WEB, "--once", "--dry-run", "--agent-token", TOKEN];
    const { exitCode, output } = await startRun(options).ended;
    expect([exitCode, output]).toEqual([
      0,
      expect.stringMatching(/poll 1: web would scale-out 2 to 5: .*dry run: not applied/),
    ]);
    expect(output).toContain(
      "warning --agent-token: every user of this machine can read the token",
    );
    expect(output).toContain("; dry run: nothing was written");
    expect(output).not.toContain(TOKEN);
    expect(world.commands).toEqual([]);
    expect(listActions()).not.toContain("SetDesiredCapacity");
  });

  test("reads the parameter that --agent-token-ssm-key names from SSM", SECONDS, async () => {
    parameters.set("/token", TOKEN);
    const options = [...WEB, "--once", "--dry-run=false", "--agent-token-ssm-key=/token"];
    const { exitCode, output } = await startRun(options).ended;
    expect([exitCode, output]).toEqual([0, expect.stringContaining("web scale-out 2 to 5")]);
    expect(listActions()).toContain("GetParameter");
  });

  test(
    "runs all loops of a scalers file; the exit code is 1 if a decision was held",
    SECONDS,
    async () => {
      parameters.set("/token", TOKEN);
      const path = join(folder, "scalers.yml");
      const shared = `agentTokenParameter: /token, agentEndpoint: "${sandbox.agentEndpoint}"`;
      const cluster = (name: string, group: string) =>
        `  - {name: ${name}, ${shared}, scalers: [{queue: default, group: ${group}, agentsPerInstance: 1}]}\n`;
      writeFileSync(path, `clusters:\n${cluster("main", "web")}${cluster("mac", "missing")}`);
      const { exitCode, output } = await startRun(["--scalers", path, "--once"]).ended;
      expect([exitCode, output]).toEqual([
        1,
        expect.stringMatching(/^main: .* web scale-out 2 to 5/m),
      ]);
      expect(output).toMatch(
        /^mac: .* missing unchanged: held: GroupNotFound: there is no Auto Scaling/m,
      );
      expect(output).toMatch(
        /^mac: advice: There is no Auto Scaling group of this name in this region. Correct the group's name/m,
      );
    },
  );

  test("prints one JSON object per line with --json, for other programs", SECONDS, async () => {
    const options = [...WEB, "--once", "--json"];
    const { exitCode, output } = await startRun(options, { BUILDKITE_AGENT_TOKEN: TOKEN }).ended;
    const lines = output.split("\n").filter((line) => line.startsWith("{")); // Warnings are on stderr.
    const [start, poll, summary, ...others] = lines.map((line) => JSON.parse(line));
    expect([exitCode, others]).toEqual([0, []]);
    expect(start).toMatchObject({ type: "start", title: expect.stringContaining("1 group") });
    expect(poll).toMatchObject({
      type: "poll",
      number: 1,
      decisions: [{ scaler: "web", action: "scale-out", from: 2, to: 5 }],
      groups: { web: { desired: 2 } },
    });
    expect(summary).toMatchObject({ type: "summary", polls: 1, scaleOuts: 1, held: 0 });
  });

  test("runs until Ctrl-C, prints a summary and exits with 0", SECONDS, async () => {
    const options = [...WEB, "--poll-interval", "1"];
    const run = startRun(options, { BUILDKITE_AGENT_TOKEN: TOKEN });
    await run.says("poll 2: ");
    run.interrupt();
    const { exitCode, output } = await run.ended;
    expect([exitCode, output]).toEqual([0, expect.stringMatching(/^polls {11}[2-9]\d*$/m)]);
  });
});

describe("run in a graceful group of two instances, of which one is needed", () => {
  const GRACEFUL = [...WEB, "--poll-interval", "1", "--scale-in-cooldown", "0s"];
  beforeEach(() => world.setQueue("default", { running: 1, idle: 1, busy: 1 }));

  const listSubjects = (action: string) =>
    new Set(sandbox.calls.filter((call) => call.action === action).map(({ subject }) => subject));

  test(
    "without a stack sends the scripts itself; a dry run looks and stops nothing",
    SECONDS,
    async () => {
      const options = [...GRACEFUL, "--scale-in-graceful", "--dry-run"];
      const run = startRun(options, { BUILDKITE_AGENT_TOKEN: TOKEN });
      await run.says("would drain 1 of 1 surplus: ");
      run.interrupt();
      expect((await run.ended).exitCode).toBe(0);
      expect(world.instances.sent.map(({ action }) => action)).toEqual(["look"]);
      expect(listSubjects("SendCommand")).toEqual(new Set(["AWS-RunShellScript"]));
      expect(new Set(listActions())).toEqual(
        new Set([
          "metrics/queue",
          "DescribeAutoScalingGroups",
          "SendCommand",
          "ListCommandInvocations",
        ]),
      );
    },
  );

  test(
    "ends one instance after its agent has stopped, with the documents that --ssm-document names",
    SECONDS,
    async () => {
      const options = [...GRACEFUL, "--scale-in-graceful", "--ssm-document", "loop-prod"];
      const run = startRun(options, { BUILDKITE_AGENT_TOKEN: TOKEN });
      await run.says("web stays at 1");
      run.interrupt();
      expect((await run.ended).exitCode).toBe(0);
      expect(world.instances.sent.map(({ action }) => action)).toEqual(["look", "stop-if-idle"]);
      expect(listSubjects("SendCommand")).toEqual(new Set(["loop-prod-look", "loop-prod-stop"]));
      expect(world.terminations).toEqual([
        { group: "web", instances: [expect.any(String)], decrement: true },
      ]);
      expect(world.commands).toEqual([]);
    },
  );

  test("in Elastic CI mode leaves the end of the instance to itself", SECONDS, async () => {
    const options = [...GRACEFUL, "--elastic-ci-mode"];
    const run = startRun(options, { BUILDKITE_AGENT_TOKEN: TOKEN });
    await run.says("draining 1 of 1 surplus: ");
    await run.says("web stays at 2"); // The stopped instance no longer counts.
    run.interrupt();
    expect((await run.ended).exitCode).toBe(0);
    expect(world.instances.sent.map(({ action }) => action)).toEqual(["look", "stop-if-idle"]);
    expect([world.terminations, world.commands]).toEqual([[], []]);
  });
});

describe("run starts nothing", () => {
  test("without credentials and a region, and reports both", SECONDS, async () => {
    const { exitCode, output } = await startRun([...WEB, "--once", "--dry-run"], {
      BUILDKITE_AGENT_TOKEN: TOKEN,
      AWS_REGION: undefined,
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
    }).ended;
    expect(exitCode).toBe(1);
    expect(output.trim().split("\n")).toEqual([
      expect.stringMatching(/^error no AWS region is set: /),
      expect.stringMatching(/^error no AWS credentials were found: sign in with /),
    ]);
    expect(sandbox.calls).toEqual([]);
  });

  test("if values are not allowed, and reports all of them", SECONDS, async () => {
    const options = ["--agents-per-instance", "x", "--poll-interval", "1h", "--once"];
    const { exitCode, output } = await startRun(options).ended;
    expect(exitCode).toBe(1);
    expect(
      output
        .trim()
        .split("\n")
        .map((line) => line.slice(0, 30)),
    ).toEqual([
      'error --poll-interval: "1h" is',
      "error the agent token is missi",
      'error --agents-per-instance: "',
      "error --asg-name: is missing: ",
    ]);
    expect(sandbox.calls).toEqual([]);
  });

  test("if the history cannot be written", SECONDS, async () => {
    const options = [...WEB, "--once", "--dry-run", "--history", folder];
    const { exitCode, output } = await startRun(options, { BUILDKITE_AGENT_TOKEN: TOKEN }).ended;
    expect([exitCode, output.trim()]).toEqual([
      1,
      `error --history: ${folder} cannot be written: EISDIR; allowed: the path of a file`,
    ]);
    expect(sandbox.calls).toEqual([]);
  });
});
