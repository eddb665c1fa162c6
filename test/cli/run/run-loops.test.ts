import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { createLineRunDisplay } from "../../../cli/run/display.ts";
import type { RunFlags } from "../../../cli/run/flags.ts";
import { type RunPlan, readRunPlan } from "../../../cli/run/plan.ts";
import { runLoops } from "../../../cli/run/run-loops.ts";
import { isSuccess } from "../../../cli/terminal/run-summary.ts";
import { FAULTS, type FaultName } from "../../../functions/core/faults.ts";
import type { History } from "../../../local/engine/history.ts";
import {
  buildkite,
  HANDLERS,
  listCalls,
  newParameter,
  parameters,
  sandbox,
  world,
} from "../../support/sandbox.ts";

/** One poll by default, of the group `web` for the queue `default`. */
function createPlan(flags: RunFlags = {}): RunPlan {
  const { plan, problems } = readRunPlan(
    {
      asgName: "web",
      agentEndpoint: sandbox.agentEndpoint,
      agentTokenSsmKey: newParameter(),
      once: true,
      ...flags,
    },
    {},
  );
  if (plan === undefined) throw new Error(problems.join("\n"));
  return plan;
}

/** The printed lines, with the time as `T`, the totals and the history. */
async function run(plan: RunPlan, signal = new AbortController().signal) {
  const printed: string[] = [];
  const history: History = [];
  const print = (line: string) =>
    printed.push(stripVTControlCharacters(line).replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, "T"));
  const tally = await runLoops(plan, {
    region: "eu-west-1",
    handlers: HANDLERS,
    display: createLineRunDisplay(print, plan.loops.length > 1),
    onEvent: (event) => history.push(event),
    signal,
  });
  return { printed, tally, history };
}

/** Five jobs for a group of two instances with a maximum of 10. */
function addJobs() {
  world.setQueue("default", { scheduled: 5, idle: 2 });
  world.setGroup("web", { desired: 2 });
}

describe("a run of one poll", () => {
  test("sets the desired capacity and prints the reasons", async () => {
    addJobs();
    const { printed, tally } = await run(createPlan());
    expect(printed).toEqual([
      "The scaling loop for 1 group in eu-west-1; one poll",
      expect.stringMatching(/^T poll 1: web scale-out 2 to 5: 5 scheduled/),
    ]);
    expect(world.commands).toEqual([{ group: "web", desired: 5 }]);
    expect(tally).toMatchObject({ polls: 1, scaleOuts: 1, held: 0, refused: 0, failed: 0 });
    expect(isSuccess(tally)).toBe(true);
  });

  test("in dry run prints what it would do, and writes neither capacity nor metrics", async () => {
    addJobs();
    const { printed, tally } = await run(createPlan({ dryRun: true, cloudwatchMetrics: true }));
    expect(printed[0]).toBe(
      "The scaling loop for 1 group in eu-west-1, dry run: nothing is written; one poll",
    );
    expect(printed[1]).toMatch(
      /^T poll 1: web would scale-out 2 to 5: 5 scheduled.*; dry run: not applied$/,
    );
    expect(world.commands).toEqual([]);
    expect(listCalls("AutoScaling")).not.toContain("SetDesiredCapacity web");
    expect([listCalls("AutoScaling").length > 0, listCalls("Buildkite")]).toEqual([
      true,
      ["metrics/queue default"],
    ]);
    expect(listCalls("CloudWatch")).toEqual([]);
    expect(tally.scaleOuts).toBe(1);
  });

  test("keeps the histories of loops apart, without secrets", async () => {
    addJobs();
    world.setGroup("ios", { desired: 1 });
    const main = createPlan();
    const loops = [main, createPlan({ asgName: "ios", queue: "ios" })].flatMap(
      (plan) => plan.loops,
    );
    const named = loops.map((loop, index) => ({ ...loop, name: `loop-${index}` }));
    const { printed, history, tally } = await run({ ...main, loops: named });
    expect(printed.slice(1).map((line) => line.slice(0, 26))).toEqual(
      expect.arrayContaining(["loop-0: T poll 1: web scal", "loop-1: T poll 1: ios scal"]),
    );
    expect(new Set(history.map(({ execution_arn }) => execution_arn)).size).toBe(2);
    expect(tally).toMatchObject({ polls: 2, scaleOuts: 1, scaleIns: 1 });
    expect(JSON.stringify(history)).not.toContain(buildkite.token);
  });
});

/** A fault, how to cause it, the flags, its name, its message, and the advice after the catalogue's sentence. */
const CASES: [string, () => void, RunFlags, FaultName, string, string][] = [
  [
    "a missing group",
    () => world.removeGroup("web"),
    {},
    "GroupNotFound",
    "there is no Auto Scaling group web in eu-west-1",
    "Correct the group's name (--asg-name) or the region (--region); `aws autoscaling describe-auto-scaling-groups --region eu-west-1` lists the groups.",
  ],
  [
    "a refused token",
    () => {
      buildkite.token = "bkct_another";
    },
    {},
    "BuildkiteUnauthorized",
    `${sandbox.agentEndpoint} refused the agent token: is it wrong, or rotated? (401)`,
    "Put the cluster's agent token, as Buildkite shows it under Agents, into the parameter PARAMETER (eu-west-1).",
  ],
  [
    "a missing parameter",
    () => parameters.clear(),
    { agentTokenSsmKey: "/no/such" },
    "AgentTokenNotFound",
    "there is no parameter /no/such in this region",
    "Name another parameter (--agent-token-ssm-key) or another region (--region), or create the parameter /no/such (eu-west-1) as a SecureString.",
  ],
  [
    "a Buildkite that cannot be reached",
    () => sandbox.faults.add({ service: "Buildkite", fault: "reset" }),
    {},
    "BuildkiteUnavailable",
    `${sandbox.agentEndpoint} could not be reached: `,
    "Check that this machine reaches the address (network, proxy, firewall) and that --agent-endpoint is right. The next poll tries again.",
  ],
  [
    "credentials that AWS does not know",
    () =>
      sandbox.faults.add({
        service: "AutoScaling",
        fault: { awsError: "InvalidClientTokenId", status: 403 },
      }),
    {},
    "AutoScalingAccessDenied",
    "InvalidClientTokenId: ",
    "AWS does not know these credentials: use others (AWS_PROFILE, `aws sso login`).",
  ],
  [
    "credentials that have expired",
    () =>
      sandbox.faults.add({
        service: "AutoScaling",
        fault: { awsError: "ExpiredToken", status: 403 },
      }),
    {},
    "AutoScalingAccessDenied",
    "ExpiredToken: ",
    "The AWS credentials have expired: sign in again.",
  ],
  [
    "credentials without the permission",
    () =>
      sandbox.faults.add({
        service: "AutoScaling",
        fault: { awsError: "AccessDenied", status: 403 },
      }),
    {},
    "AutoScalingAccessDenied",
    "AccessDenied: ",
    "Allow autoscaling:DescribeAutoScalingGroups, SetDesiredCapacity and CreateOrUpdateTags for your AWS credentials in eu-west-1, or use other credentials (AWS_PROFILE).",
  ],
];

describe("a run prints a fault and advice for", () => {
  test.each(CASES)("%s", async (_, before, flags, error, message, action) => {
    addJobs();
    const plan = createPlan(flags);
    before();
    const { printed, tally } = await run(plan);
    const parameter = plan.loops[0]?.agentTokenParameter ?? "";
    expect(printed).toHaveLength(3);
    expect(printed[1]).toMatch(/^T poll 1: web (stays at 2|unchanged): held: /);
    expect(printed[1]).toContain(`held: ${error}: ${message}`);
    const todo = action.replace("PARAMETER", parameter);
    expect(printed[2]).toBe(`advice: ${FAULTS[error]} ${todo}`);
    expect(isSuccess(tally)).toBe(false);
    expect(printed.join("\n")).not.toMatch(/bkct_|^\s+at /m);
    expect(world.commands).toEqual([]);
  });

  test("a change that AWS refuses", async () => {
    addJobs();
    const refused = { awsError: "AccessDenied", status: 403, message: "not you" };
    const service = "AutoScaling";
    sandbox.faults.add({ service, action: "SetDesiredCapacity", fault: refused });
    const { printed, tally } = await run(createPlan());
    expect(printed.slice(2)).toEqual([
      "refused: web: AutoScalingAccessDenied: AccessDenied: not you",
      expect.stringMatching(
        /^advice: .* Allow autoscaling:.* for your AWS credentials in eu-west-1/,
      ),
    ]);
    expect([tally.refused, isSuccess(tally)]).toEqual([1, false]);
  });

  test("two faults at once, of which a decision shows only one", async () => {
    buildkite.token = "bkct_another";
    const { printed } = await run(createPlan());
    expect(printed.slice(1)).toEqual([
      expect.stringContaining("held: GroupNotFound: "),
      expect.stringMatching(/^BuildkiteUnauthorized: .* refused the agent token/),
      expect.stringMatching(/^advice: .* Put the cluster's agent token/),
      expect.stringMatching(/^advice: .* Correct the group's name/),
    ]);
  });
});

describe("a run until it is stopped", () => {
  test("is not a failure", async () => {
    addJobs();
    const stopping = new AbortController();
    sandbox.faults.add({
      service: "AutoScaling",
      action: "SetDesiredCapacity",
      fault: { before: () => void setTimeout(() => stopping.abort(), 50) },
    });
    const { tally, printed } = await run(createPlan({ once: undefined }), stopping.signal);
    expect(printed[0]).toBe("The scaling loop for 1 group in eu-west-1; stop it with Ctrl-C");
    expect(tally).toMatchObject({ polls: 1, scaleOuts: 1, failed: 0 });
  });
});
