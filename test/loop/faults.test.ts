import { afterAll, describe, expect, test } from "vitest";
import { TIMES_TAG } from "../../functions/core/group-times.ts";
import type { FaultRule, InjectedFault } from "../../local/sandbox/faults.ts";
import { buildkite, newParameter, parameters, sandbox, world } from "../support/sandbox.ts";
import {
  countSecretReads,
  listRequests,
  readApplied,
  readDecisions,
  run,
} from "../support/sandboxed-loop.ts";
import { listPollTimes, listTimes } from "../support/times.ts";

afterAll(() => expect(countSecretReads()).toEqual([]));

function queueJobs(jobs: number): void {
  world.setQueue("default", { scheduled: jobs });
}

function answers(status: number, body = "{}"): InjectedFault {
  return { answer: { status, body } };
}

/** Polls at :03, :13 and :23. */
const THREE_POLLS = { at: "09:00:03", input: { slotSeconds: 30 } };
const ON_THE_BEAT = ["09:00:03", "09:00:13", "09:00:23"];

/** Two timeouts of 5 s and a pause in between end after :13. */
const ONE_BEAT_MISSED = ["09:00:03", "09:00:23"];

describe("without facts nothing is scaled until the next beat:", () => {
  const COUNTS = '{"idle":0,"busy":0,"total":0}';
  const withJobs = (jobs: string) =>
    answers(200, `{"organization":{"slug":"example"},"agents":${COUNTS},"jobs":${jobs}}`);

  const location = `${sandbox.agentEndpoint}/metrics`; // The token must not be sent there.
  const redirect = { answer: { status: 302, headers: { location }, body: "" } };

  /** The answer, the fault's name in the decision, and a part of its reason. */
  type Row = [name: string, fault: InjectedFault, held: string, says: string];

  const FROM_BUILDKITE: Row[] = [
    ["401", answers(401), "BuildkiteUnauthorized", "refused the agent token"],
    ["403", answers(403), "BuildkiteForbidden", "does not let this agent token read metrics"],
    ["404", answers(404), "BuildkiteNotFound", "is agentEndpoint right?"],
    ["429", answers(429), "BuildkiteThrottled", "asks for fewer calls"],
    ["500, twice", answers(500), "BuildkiteUnavailable", "failed (500)"],
    ["a redirect", redirect, "BuildkiteInvalidAnswer", "status 302"],
    ["a connection reset", "reset", "BuildkiteUnavailable", "could not be reached"],
    ["HTML", answers(200, "<html>Be right back"), "BuildkiteInvalidAnswer", "not JSON"],
    ["half a JSON", answers(200, COUNTS.slice(0, 9)), "BuildkiteInvalidAnswer", "not JSON"],
    ["an empty object", answers(200, "{}"), "BuildkiteInvalidAnswer", "jobs"],
    [
      "a missing count",
      withJobs('{"scheduled":0,"running":0}'),
      "BuildkiteInvalidAnswer",
      "waiting",
    ],
    [
      "a negative count",
      withJobs('{"scheduled":-1,"running":0,"waiting":0}'),
      "BuildkiteInvalidAnswer",
      "scheduled",
    ],
    [
      "half a job",
      withJobs('{"scheduled":0.5,"running":0,"waiting":0}'),
      "BuildkiteInvalidAnswer",
      "scheduled",
    ],
  ];

  const FROM_AUTO_SCALING: Row[] = [
    [
      "Throttling",
      { awsError: "Throttling", message: "Rate exceeded" },
      "AutoScalingThrottled",
      "Rate exceeded",
    ],
    [
      "AccessDenied",
      { awsError: "AccessDenied", status: 403 },
      "AutoScalingAccessDenied",
      "AccessDenied",
    ],
    [
      "InternalFailure",
      { awsError: "InternalFailure", status: 500 },
      "AutoScalingUnavailable",
      "InternalFailure",
    ],
    [
      "a text that is not XML",
      answers(200, "Be right back"),
      "AutoScalingUnavailable",
      "XML parse error",
    ],
    ["a connection reset", "reset", "AutoScalingUnavailable", "socket hang up"],
  ];

  const PARAMETER = "the parameter /buildkite/agent-token-";
  const FROM_SSM: Row[] = [
    [
      "AccessDeniedException",
      { awsError: "AccessDeniedException" },
      "AgentTokenAccessDenied",
      PARAMETER,
    ],
    ["ThrottlingException", { awsError: "ThrottlingException" }, "AgentTokenThrottled", PARAMETER],
    [
      "ParameterNotFound",
      { awsError: "ParameterNotFound" },
      "AgentTokenNotFound",
      `there is no ${PARAMETER.slice(4)}`,
    ],
    [
      "InternalServerError",
      { awsError: "InternalServerError", status: 500 },
      "AgentTokenUnavailable",
      PARAMETER,
    ],
    ["a connection reset", "reset", "AgentTokenUnavailable", PARAMETER],
  ];

  test.each(FROM_BUILDKITE)("Buildkite answers %s", async (_, fault, held, says) => {
    await expectHeld([{ service: "Buildkite", fault }], held, says);
  });

  test.each(FROM_AUTO_SCALING)("Auto Scaling answers %s", async (_, fault, held, says) => {
    const action = "DescribeAutoScalingGroups";
    await expectHeld([{ service: "AutoScaling", action, fault }], held, says);
  });

  test.each(FROM_SSM)("SSM answers %s", async (_, fault, held, says) => {
    await expectHeld([{ service: "SSM", fault }], held, says);
  });

  const BUILDKITE: FaultRule = { service: "Buildkite", fault: "hang" };
  const GROUPS: FaultRule = {
    service: "AutoScaling",
    action: "DescribeAutoScalingGroups",
    fault: "hang",
  };
  const SSM: FaultRule = { service: "SSM", fault: "hang" };

  const HANGING: [name: string, faults: FaultRule[], held: string, says: string][] = [
    ["Buildkite", [BUILDKITE], "BuildkiteUnavailable", "did not answer within 5 s"],
    ["Auto Scaling", [GROUPS], "AutoScalingUnavailable", "TimeoutError"],
    ["SSM", [SSM], "AgentTokenUnavailable", PARAMETER],
    ["both in parallel", [BUILDKITE, GROUPS], "AutoScalingUnavailable", "TimeoutError"],
    // 5 s + 5 s + 2.5 s: the function stops 1.5 s before its timeout of 14 s.
    [
      "SSM once and Buildkite after it",
      [{ ...SSM, times: 1 }, BUILDKITE],
      "BuildkiteUnavailable",
      "could not be reached",
    ],
  ];

  test.each(HANGING)(
    "without an answer from %s, one beat is missed",
    async (_, faults, held, says) => {
      await expectHeld(faults, held, says, ONE_BEAT_MISSED);
    },
  );

  /** Expects that three jobs on two instances are held at the first poll and scaled at the next. */
  async function expectHeld(
    faults: readonly FaultRule[],
    held: string,
    says: string,
    polls = ON_THE_BEAT,
  ): Promise<void> {
    world.setGroup("web", { desired: 2 });
    queueJobs(3);
    for (const fault of faults) sandbox.faults.add(fault);
    const [, second = ""] = polls;
    const outcome = await run(THREE_POLLS, { [second]: sandbox.faults.clear });
    expect(listPollTimes(outcome)).toEqual(polls);
    const [first = [], next] = readDecisions(outcome);
    expect(first).toMatchObject([{ scaler: "web", action: "none", fault: held }]);
    expect(first[0]?.reasons[0]).toContain(says);
    expect(next).toMatchObject([{ action: "scale-out", from: 2, to: 3 }]);
    expect(listRequests("SetDesiredCapacity")).toEqual([`${second} web`]);
    expect(world.commands).toEqual([{ group: "web", desired: 3 }]);
  }
});

describe("a temporary failure within a poll", () => {
  const SOON_OVER: [name: string, fault: InjectedFault][] = [
    ["fails", answers(503)],
    ["resets the connection", "reset"],
    ["hangs", "hang"],
  ];

  test.each(SOON_OVER)("has a second attempt: Buildkite %s once", async (_, fault) => {
    world.setGroup("web", { desired: 2 });
    queueJobs(3);
    sandbox.faults.add({ service: "Buildkite", times: 1, fault });
    const outcome = await run(THREE_POLLS);
    expect(listPollTimes(outcome)).toEqual(ON_THE_BEAT);
    expect(listRequests("metrics/queue")).toHaveLength(4); // Twice, once, once.
    expect(readApplied(outcome)).toEqual([{ web: { set: 3 } }]);
    expect(world.commands).toEqual([{ group: "web", desired: 3 }]);
  });
});

describe("a token that is rotated", () => {
  const ROTATED = "bkct_rotated";

  test("with its parameter is read again by the next poll, which succeeds", async () => {
    const agentTokenParameter = newParameter();
    world.setGroup("web", {});
    const outcome = await run(
      { at: "09:00:03", input: { slotSeconds: 30, agentTokenParameter } },
      {
        "09:00:10": () => {
          buildkite.token = ROTATED;
          parameters.set(agentTokenParameter, ROTATED);
          queueJobs(1);
        },
      },
    );
    expect(listPollTimes(outcome)).toEqual(ON_THE_BEAT);
    expect(listRequests("SetDesiredCapacity")).toEqual(["09:00:13 web"]);
    expect(listRequests("GetParameter").map((asked) => asked.slice(0, 8))).toEqual([
      "09:00:03",
      "09:00:13",
    ]);
    expect(readDecisions(outcome).flat()).not.toContainEqual(
      expect.objectContaining({ fault: expect.anything() }),
    );
  });

  test("before its parameter holds the polls in between, with the reason", async () => {
    const agentTokenParameter = newParameter();
    world.setGroup("web", { desired: 2 });
    world.setQueue("default", { running: 2, busy: 2 });
    const outcome = await run(
      { at: "09:00:03", input: { slotSeconds: 50, agentTokenParameter } },
      {
        "09:00:10": () => {
          buildkite.token = ROTATED;
          queueJobs(3);
        },
        "09:00:30": () => parameters.set(agentTokenParameter, ROTATED),
      },
    );
    expect(listPollTimes(outcome)).toEqual([...ON_THE_BEAT, "09:00:33", "09:00:43"]);
    const unauthorized = "BuildkiteUnauthorized";
    expect(readDecisions(outcome).map(([decision]) => decision?.fault)).toEqual([
      undefined,
      unauthorized,
      unauthorized,
      undefined,
      undefined,
    ]);
    expect(listRequests("SetDesiredCapacity")).toEqual(["09:00:33 web"]);
    expect(world.commands).toEqual([{ group: "web", desired: 3 }]);
  });
});

describe("several queues and groups", () => {
  const scalers = ["api", "web", "docs"].map((name) => ({
    queue: name,
    group: name,
    agentsPerInstance: 1,
  }));

  test("may lack a queue in Buildkite's answer, which is not a fault", async () => {
    for (const name of ["api", "web", "docs"]) world.setGroup(name, { min: 1, desired: 2 });
    for (const name of ["api", "web"]) world.setQueue(name, { running: 2, busy: 2 });
    const outcome = await run({ at: "09:00:03", input: { slotSeconds: 30, scalers } });
    expect(listPollTimes(outcome)).toEqual(ON_THE_BEAT);
    expect(listRequests("metrics")).toHaveLength(3);
    expect(readDecisions(outcome)[0]).toEqual([
      expect.objectContaining({ scaler: "api", action: "none" }),
      expect.objectContaining({ scaler: "web", action: "none" }),
      { scaler: "docs", action: "scale-in", from: 2, to: 1, reasons: expect.anything() },
    ]);
    expect(world.commands).toEqual([{ group: "docs", desired: 1 }]);
  });

  test.each([
    ["totals of 10 jobs and empty maps", 10, {}, "queue docs: is missing"],
    [
      "a queue whose parts are not its total",
      0,
      { docs: { scheduled: 0, running: 0, waiting: 0, total: 10 } },
      "are not 10 in total",
    ],
  ])(
    "hold what Buildkite's answer contradicts, and nothing else: %s",
    async (_, all, own, says) => {
      for (const name of ["api", "web", "docs"]) world.setGroup(name, { min: 1, desired: 5 });
      const counts = { scheduled: 2, running: 0, waiting: 0, total: 2 };
      const total = { scheduled: 4 + all, running: 0, waiting: 0, total: 4 + all };
      const jobs = { ...total, queues: { api: counts, web: counts, ...own } };
      const five = { idle: 5, busy: 0, total: 5 };
      const agents = { idle: 10, busy: 0, total: 10, queues: { api: five, web: five } };
      const body = JSON.stringify({ organization: { slug: "example" }, jobs, agents });
      sandbox.faults.add({ service: "Buildkite", fault: answers(200, body) });
      const outcome = await run({ at: "09:00:03", input: { slotSeconds: 0, scalers } });
      const [api, web, docs] = readDecisions(outcome)[0] ?? [];
      expect([api, web]).toMatchObject([{ to: 2 }, { to: 2 }]);
      expect(docs).toMatchObject({ from: 5, to: 5, fault: "BuildkiteInvalidAnswer" });
      expect(docs?.reasons[0]).toContain(says);
      expect(world.commands.map(({ group }) => group)).toEqual(["api", "web"]);
    },
  );

  test("are scaled at every poll, except a missing group, which is held", async () => {
    for (const name of ["api", "docs"]) world.setGroup(name, {});
    for (const name of ["api", "web", "docs"]) world.setQueue(name, { scheduled: 1 });
    const outcome = await run({ at: "09:00:03", input: { slotSeconds: 30, scalers } });
    expect(listPollTimes(outcome)).toEqual(ON_THE_BEAT);
    const reasons = ["held: GroupNotFound: there is no Auto Scaling group web in eu-west-1"];
    const held = { scaler: "web", action: "none", from: null, to: null, reasons };
    expect(readDecisions(outcome).map(([, web]) => web)).toEqual(
      ON_THE_BEAT.map(() => ({ ...held, fault: "GroupNotFound" })),
    );
    expect(readApplied(outcome)).toEqual([{ api: { set: 1 }, docs: { set: 1 } }]);
    expect(world.commands).toHaveLength(2);
    expect(world.commands).toEqual(
      expect.arrayContaining([
        { group: "api", desired: 1 },
        { group: "docs", desired: 1 },
      ]),
    );
  });
});

describe("a tag with the group's times that cannot be written", () => {
  const scalers = [
    { queue: "default", group: "web", agentsPerInstance: 1, scaleIn: { cooldown: "5m" } },
  ];

  const UNWRITTEN: [name: string, fault: InjectedFault][] = [
    ["throttled", { awsError: "Throttling" }],
    ["denied", { awsError: "AccessDenied", status: 403 }],
    ["refused because the group has too many tags", { awsError: "LimitExceeded" }],
  ];

  test.each(UNWRITTEN)("(%s) delays a scale-in to the next beat", async (_, fault) => {
    world.setGroup("web", { desired: 3 });
    world.setQueue("default", { running: 2, busy: 2 });
    sandbox.faults.add({ service: "AutoScaling", action: "CreateOrUpdateTags", fault });
    const outcome = await run(
      { at: "09:00:03", input: { slotSeconds: 30, scalers } },
      { "09:00:09": sandbox.faults.clear },
    );
    expect(listPollTimes(outcome)).toEqual(ON_THE_BEAT);
    expect(readApplied(outcome)[0]).toMatchObject({ web: { fault: { error: "TimesNotWritten" } } });
    expect(listRequests("SetDesiredCapacity")).toEqual(["09:00:13 web"]);
    expect(world.commands).toEqual([{ group: "web", desired: 2 }]);
  });

  test.each(UNWRITTEN)("(%s) never delays a scale-out", async (_, fault) => {
    world.setGroup("web", {});
    world.setQueue("default", { scheduled: 2 });
    sandbox.faults.add({ service: "AutoScaling", action: "CreateOrUpdateTags", fault });
    await run({ at: "09:00:03", input: { slotSeconds: 30, scalers } });
    expect(listRequests("SetDesiredCapacity")).toEqual(["09:00:03 web"]);
    expect(world.commands).toEqual([{ group: "web", desired: 2 }]);
  });
});

describe("a group without a readable tag", () => {
  const scalers = [
    { queue: "default", group: "web", agentsPerInstance: 1, scaleIn: { cooldown: "15s" } },
  ];

  test.each([
    ["has none", ""],
    ["has one that somebody wrote by hand", "in=yesterday"],
  ])("(%s) holds a scale-in for the cooldown, and gets one at once", async (_, value) => {
    world.setGroup("web", { desired: 3 });
    world.setTag("web", TIMES_TAG, value);
    world.setQueue("default", { running: 2, busy: 2 });
    const outcome = await run({ at: "09:00:03", input: { slotSeconds: 30, scalers } });
    expect(readDecisions(outcome).map(([decision]) => decision?.action)).toEqual([
      "none",
      "none", // 10 s of 15 s have passed
      "scale-in",
    ]);
    expect(listRequests("CreateOrUpdateTags")[0]).toBe("09:00:03");
    expect(world.commands).toEqual([{ group: "web", desired: 2 }]);
  });

  test("scales out at once", async () => {
    world.setGroup("web", {});
    world.setTag("web", TIMES_TAG, "");
    world.setQueue("default", { scheduled: 2 });
    await run({ at: "09:00:03", input: { slotSeconds: 0, scalers } });
    expect(world.commands).toEqual([{ group: "web", desired: 2 }]);
  });
});

describe("an outage for a whole slot", () => {
  test("of every service: the execution holds at every other beat and ends with its slot", async () => {
    for (const service of ["Buildkite", "AutoScaling", "SSM", "CloudWatch"] as const) {
      sandbox.faults.add({ service, fault: "hang" });
    }
    const outcome = await run({ at: "09:00:00", input: { scheduledAt: "2026-01-05T09:00:00Z" } });
    expect(outcome.status).toBe("SUCCEEDED");
    // Each poll takes the beat after its own.
    expect(listPollTimes(outcome)).toEqual(listTimes(20, "09:01:00", "09:03:40"));
    const held = readDecisions(outcome).flat();
    expect(held.map(({ fault }) => fault)).toEqual(held.map(() => "AutoScalingUnavailable"));
    expect(held).toHaveLength(9);
    expect(listRequests("SetDesiredCapacity")).toEqual([]);
  });
});
