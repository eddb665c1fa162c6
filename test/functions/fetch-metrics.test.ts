import { describe, expect, test, vi } from "vitest";
import { VERSION } from "../../functions/core/version.ts";
import { runInVirtualTime } from "../../local/engine/virtual-time.ts";
import { INHERITED_NAMES } from "../support/arbitraries.ts";
import { createQueue } from "../support/facts.ts";
import {
  buildkite,
  createInput,
  listCalls,
  newParameter,
  sandbox,
  world,
} from "../support/sandbox.ts";
import { callState, delay, listRequestTimes, readResult, runStep, START } from "../support/step.ts";

function fetchMetrics(input: Record<string, unknown> = {}) {
  return readResult("Fetch metrics", { input: createInput(input) });
}

/** Returns scalers, each with a queue and a group of its own. */
function scalers(...names: string[]) {
  return names.map((name) => ({ queue: name, group: name, agentsPerInstance: 1 }));
}

const GROUP = { desired: 0, min: 0, max: 10, inService: 0, pending: 0 };

describe("a poll's facts", () => {
  test("come from one call to Buildkite and one to Auto Scaling", async () => {
    world.setQueue("default", { scheduled: 12, running: 3, waiting: 2, idle: 1, busy: 3 });
    world.setGroup("web", { min: 1, max: 9, desired: 4, inService: 3, pending: 1 });
    expect(await fetchMetrics()).toStrictEqual({
      observedAt: START,
      organization: "example",
      cluster: "main",
      metricsAgeSeconds: 0,
      queues: {
        default: {
          jobs: { scheduled: 12, running: 3, waiting: 2 },
          agents: { idle: 1, busy: 3, total: 4 },
        },
      },
      groups: { web: { desired: 4, min: 1, max: 9, inService: 3, pending: 1 } },
    });
    expect(listCalls("Buildkite")).toEqual(["metrics/queue default"]);
    expect(listCalls("AutoScaling")).toEqual(["DescribeAutoScalingGroups"]);
  });

  test("come from the endpoints of the last deploy only, and the token is not even read for another", async () => {
    world.setGroup("web", {});
    vi.stubEnv("AGENT_ENDPOINTS", "https://agent.buildkite.com/v3 https://proxy.example.com");
    const agentTokenParameter = newParameter();
    expect(await fetchMetrics({ agentTokenParameter })).toMatchObject({
      groups: { web: GROUP },
      queuesFault: {
        error: "AgentEndpointNotDeployed",
        message: `${sandbox.agentEndpoint} is not an agentEndpoint of the deployed scalers.yml; allowed: https://agent.buildkite.com/v3, https://proxy.example.com`,
      },
    });
    expect([...listCalls("SSM"), ...listCalls("Buildkite")]).toEqual([]);
    vi.stubEnv("AGENT_ENDPOINTS", `https://agent.buildkite.com/v3 ${sandbox.agentEndpoint}`);
    expect(await fetchMetrics({ agentTokenParameter })).not.toHaveProperty("queuesFault");
    vi.unstubAllEnvs();
  });

  test("are requested with the project's name and version as user agent", async () => {
    world.setGroup("web", {});
    await fetchMetrics();
    const [asked] = sandbox.calls.filter(({ service }) => service === "Buildkite");
    expect(asked?.userAgent).toBe(`buildkite-scaling-loop/${VERSION}`);
  });

  test("have the time at which the last of them arrived", async () => {
    world.setGroup("web", {});
    sandbox.faults.add({ service: "AutoScaling", fault: { before: delay(3000) } });
    expect(await fetchMetrics()).toMatchObject({ observedAt: "2026-01-05T09:00:03.000Z" });
  });

  test("cost two calls, however many queues and groups there are", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `queue-${index}`);
    for (const name of names) {
      world.setQueue(name, { scheduled: 1 });
      world.setGroup(name, {});
    }
    const facts = await fetchMetrics({ scalers: scalers(...names) });
    expect(facts).toMatchObject({
      queues: Object.fromEntries(names.map((name) => [name, createQueue({ scheduled: 1 })])),
      groups: Object.fromEntries(names.map((name) => [name, GROUP])),
    });
    expect(listCalls("Buildkite")).toEqual(["metrics"]);
    expect(listCalls("AutoScaling")).toEqual(["DescribeAutoScalingGroups"]);
  });

  test("are asked for the groups of scalers only, however many the account has", async () => {
    for (let index = 0; index < 250; index += 1) world.setGroup(`other-${index}`, {});
    world.setGroup("web", { desired: 1 });
    const { groups } = Object(await fetchMetrics());
    expect(groups).toEqual({ web: { ...GROUP, desired: 1, inService: 1 } });
    expect(listCalls("AutoScaling")).toHaveLength(1); // All groups of the account are three pages.
  });

  test("contain a queue once if several scalers use it", async () => {
    world.setQueue("default", { scheduled: 2 });
    const shared = ["a", "b"].map((group) => ({ queue: "default", group, agentsPerInstance: 1 }));
    expect(await fetchMetrics({ scalers: shared })).toMatchObject({
      queues: { default: createQueue({ scheduled: 2 }) },
    });
    expect(listCalls("Buildkite")).toEqual(["metrics/queue default"]);
  });

  test("contain only the queues of scalers", async () => {
    for (const name of ["a", "b", "somebody-else's"]) world.setQueue(name, { scheduled: 1 });
    const { queues } = Object(await fetchMetrics({ scalers: scalers("a", "b") }));
    expect(Object.keys(queues)).toEqual(["a", "b"]);
  });

  test("do not contain a queue that Buildkite leaves out because it has no jobs and no agents", async () => {
    world.setQueue("a", { waiting: 1 });
    const { queues } = Object(await fetchMetrics({ scalers: scalers("a", "idle") }));
    expect(queues).toEqual({ a: createQueue({ waiting: 1 }) });
  });

  test("contain only zeros for a single queue that Buildkite leaves out", async () => {
    const { queues } = Object(await fetchMetrics());
    expect(queues).toEqual({ default: createQueue({}) });
  });

  test.each([...INHERITED_NAMES, "a b/c?&ü", "50%+#1", "..", 'say "hi"'])(
    "contain a queue called %s, alone and among others",
    async (name) => {
      world.setQueue(name, { scheduled: 3, busy: 2 });
      world.setQueue("b", { running: 1 });
      const counts = { jobs: { scheduled: 3, running: 0, waiting: 0 } };
      const alone = Object(await fetchMetrics({ scalers: scalers(name) }));
      expect(Object.entries(alone.queues)).toMatchObject([[name, counts]]);
      const among = Object(await fetchMetrics({ scalers: scalers(name, "b") }));
      expect(Object.entries(among.queues)).toMatchObject([
        [name, counts],
        ["b", createQueue({ running: 1 })],
      ]);
      expect(listCalls("Buildkite")).toEqual([`metrics/queue ${name}`, "metrics"]);
    },
  );

  test.each(INHERITED_NAMES)("contain a group called %s", async (group) => {
    world.setGroup(group, { desired: 2 });
    const one = [{ queue: "default", group, agentsPerInstance: 1 }];
    const { groups } = Object(await fetchMetrics({ scalers: one }));
    expect(Object.entries(groups)).toEqual([[group, { ...GROUP, desired: 2, inService: 2 }]]);
  });
});

/** Makes Auto Scaling answer one call. The answer that was added last comes first. */
function describeAs(groups: readonly string[], nextToken?: string) {
  const body = describeXml(groups, nextToken);
  sandbox.faults.add({
    service: "AutoScaling",
    times: 1,
    fault: { answer: { status: 200, body } },
  });
}

function describeXml(groups: readonly string[], nextToken?: string): string {
  const token = nextToken === undefined ? "" : `<NextToken>${nextToken}</NextToken>`;
  return (
    "<DescribeAutoScalingGroupsResponse><DescribeAutoScalingGroupsResult>" +
    `<AutoScalingGroups>${groups.join("")}</AutoScalingGroups>${token}` +
    "</DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>"
  );
}

const FIELDS = {
  AutoScalingGroupName: "web",
  MinSize: "1",
  MaxSize: "9",
  DesiredCapacity: "5",
  Instances: "",
};

/** Writes a group as Auto Scaling does. A field that is undefined is left out. */
function groupXml(fields: Record<string, string | undefined>): string {
  const members = Object.entries({ ...FIELDS, ...fields }).flatMap(([name, value]) =>
    value === undefined ? [] : `<${name}>${value}</${name}>`,
  );
  return `<member>${members.join("")}</member>`;
}

function instanceXml(state: string, index: number): string {
  return `<member><InstanceId>i-0000000${index}</InstanceId><LifecycleState>${state}</LifecycleState></member>`;
}

describe("groups", () => {
  test("that are missing are faults with the region, and do not affect other groups", async () => {
    world.setGroup("a", { desired: 1 });
    world.setGroup("c", { desired: 3 });
    const { groups } = Object(await fetchMetrics({ scalers: scalers("a", "b", "c") }));
    expect(groups).toEqual({
      a: { ...GROUP, desired: 1, inService: 1 },
      b: {
        fault: {
          error: "GroupNotFound",
          message: "there is no Auto Scaling group b in eu-west-1",
        },
      },
      c: { ...GROUP, desired: 3, inService: 3 },
    });
  });

  test.each([
    [100, 1],
    [101, 2],
    [230, 3],
  ])("%i are read in %i calls", async (count, calls) => {
    const names = Array.from({ length: count }, (_, index) => `group-${index}`);
    for (const name of names) world.setGroup(name, { max: 20, desired: 7 });
    const { groups } = Object(await fetchMetrics({ scalers: scalers(...names) }));
    const each = { ...GROUP, max: 20, desired: 7, inService: 7 };
    expect(groups).toEqual(Object.fromEntries(names.map((name) => [name, each])));
    expect(listCalls("AutoScaling")).toHaveLength(calls);
  });

  test.each([
    ["Throttling", "AutoScalingThrottled", 2],
    ["AccessDenied", "AutoScalingAccessDenied", 1],
    ["ExpiredToken", "AutoScalingAccessDenied", 1],
    ["SignatureDoesNotMatch", "AutoScalingAccessDenied", 1],
    ["AuthFailure", "AutoScalingAccessDenied", 1],
    ["OptInRequired", "AutoScalingAccessDenied", 1],
    ["RequestExpired", "AutoScalingAccessDenied", 1],
    ["InternalFailure", "AutoScalingUnavailable", 1],
  ])("refused with %s are %s after %i calls", async (awsError, error, calls) => {
    sandbox.faults.add({ service: "AutoScaling", fault: { awsError, message: "no" } });
    expect(await fetchMetrics()).toMatchObject({
      groupsFault: { error, message: `${awsError}: no` },
    });
    expect(listCalls("AutoScaling")).toHaveLength(calls);
  });

  test.each([
    ["a throttled call", { awsError: "Throttling" }],
    ["a failure on AWS's side", { awsError: "InternalFailure", status: 500 }],
    ["a broken connection", "reset"],
    ["a call that hangs", "hang"],
  ] as const)("are read after %s, at the second attempt", async (_, fault) => {
    world.setGroup("web", { desired: 1 });
    sandbox.faults.add({ service: "AutoScaling", times: 1, fault });
    expect(await fetchMetrics()).toMatchObject({
      groups: { web: { ...GROUP, desired: 1, inService: 1 } },
    });
    expect(listCalls("AutoScaling")).toHaveLength(2);
  });

  test("are a fault within the step's time after two hanging calls", async () => {
    sandbox.faults.add({ service: "AutoScaling", fault: "hang" });
    const { result, tookMs } = await runStep("Fetch metrics", { input: createInput() });
    expect(result).toMatchObject({ groupsFault: { error: "AutoScalingUnavailable" } });
    expect(listCalls("AutoScaling")).toHaveLength(2);
    expect(tookMs).toBeGreaterThanOrEqual(10_000); // twice 5 s, and the pause in between
    expect(tookMs).toBeLessThan(12_500);
  });

  test("have counts of instances in service and of pending instances, which include those at a lifecycle hook", async () => {
    const states = ["InService", "InService", "Pending", "Pending:Wait", "Pending:Proceed"];
    const others = ["Terminating", "Terminating:Wait", "Standby", "Detached", "Warmed:Pending"];
    describeAs([groupXml({ Instances: [...states, ...others].map(instanceXml).join("") })]);
    const { groups } = Object(await fetchMetrics());
    expect(groups).toEqual({
      web: { desired: 5, min: 1, max: 9, inService: 2, pending: 3, timesUnknown: true },
    });
  });

  test.each<[string, Record<string, string | undefined>, string]>([
    ["no MaxSize", { MaxSize: undefined }, "MaxSize: is missing"],
    ["no MinSize", { MinSize: undefined }, "MinSize: is missing"],
    ["no DesiredCapacity", { DesiredCapacity: undefined }, "DesiredCapacity: is missing"],
    ["an empty MaxSize", { MaxSize: "" }, "MaxSize: is missing"],
    ["an empty MinSize", { MinSize: "" }, "MinSize: is missing"],
    ["an empty DesiredCapacity", { DesiredCapacity: "" }, "DesiredCapacity: is missing"],
    ["a MaxSize that is no number", { MaxSize: "many" }, "MaxSize: NaN is not allowed"],
    ["a negative MinSize", { MinSize: "-1" }, "MinSize: -1 is not allowed"],
    ["half an instance", { DesiredCapacity: "1.5" }, "DesiredCapacity: 1.5 is not allowed"],
    ["a MinSize above MaxSize", { MinSize: "10" }, "MinSize 10 is above MaxSize 9"],
    ["no instances", { Instances: undefined }, "Instances: is missing"],
    [
      "an instance without a state",
      { Instances: "<member><InstanceId>i-0a</InstanceId></member>" },
      "Instances[0].LifecycleState: is missing",
    ],
    [
      "an instance without an id",
      { Instances: "<member><LifecycleState>InService</LifecycleState></member>" },
      "Instances[0].InstanceId: is missing",
    ],
  ])("with %s have a fault in their place, and the others do not", async (_, fields, message) => {
    const web = groupXml(fields);
    describeAs([web, groupXml({ AutoScalingGroupName: "other" })]);
    const { groups } = Object(await fetchMetrics({ scalers: scalers("web", "other") }));
    expect(groups.web).toEqual({
      fault: {
        error: "AutoScalingInvalidAnswer",
        message: expect.stringContaining(`group web: ${message}`),
      },
    });
    expect(groups.other).toMatchObject({ desired: 5, min: 1, max: 9 });
  });

  test("with a MaxSize that is one empty tag have a fault in their place", async () => {
    describeAs([groupXml({ MaxSize: undefined }).replace("</member>", "<MaxSize/></member>")]);
    const { groups } = Object(await fetchMetrics());
    expect(groups.web.fault.message).toContain("group web: MaxSize: is missing");
  });

  test("that are being deleted have a fault in their place, and the others do not", async () => {
    describeAs([
      groupXml({ Status: "Delete in progress" }),
      groupXml({ AutoScalingGroupName: "other" }),
    ]);
    const { groups } = Object(await fetchMetrics({ scalers: scalers("web", "other") }));
    expect(groups.web.fault).toEqual({
      error: "GroupBeingDeleted",
      message: "the Auto Scaling group web is being deleted: Delete in progress",
    });
    expect(groups.other).toMatchObject({ desired: 5 });
  });

  test.each([
    ["an empty answer", ""],
    ["an answer without a list", "<DescribeAutoScalingGroupsResponse/>"],
  ])("are not missing, but unknown, after %s", async (_, body) => {
    sandbox.faults.add({ service: "AutoScaling", fault: { answer: { status: 200, body } } });
    const facts = await fetchMetrics();
    expect(facts).toHaveProperty("groupsFault.error", "AutoScalingInvalidAnswer");
    expect(facts).not.toHaveProperty("groups");
  });

  test("on several pages are all read", async () => {
    describeAs([groupXml({ AutoScalingGroupName: "b" })]);
    describeAs([], "page-2"); // The first answer: AWS may send an empty page that is not the last.
    describeAs([groupXml({ AutoScalingGroupName: "a" })], "page-1");
    const { groups } = Object(await fetchMetrics({ scalers: scalers("a", "b") }));
    expect(groups).toMatchObject({ a: { desired: 5 }, b: { desired: 5 } });
    expect(listCalls("AutoScaling")).toHaveLength(3);
  });

  test("are a fault if the pages have no end", async () => {
    const body = describeXml([groupXml({})], "page-1");
    sandbox.faults.add({ service: "AutoScaling", fault: { answer: { status: 200, body } } });
    expect(await fetchMetrics()).toHaveProperty("groupsFault.error", "AutoScalingInvalidAnswer");
    expect(listCalls("AutoScaling")).toHaveLength(10);
  });

  test("are all a fault if one page fails, because the others would look missing", async () => {
    const names = Array.from({ length: 101 }, (_, index) => `group-${index}`);
    for (const name of names) world.setGroup(name, {});
    const fault = { awsError: "AccessDenied" };
    sandbox.faults.add({ service: "AutoScaling", times: 1, fault });
    const facts = await fetchMetrics({ scalers: scalers(...names) });
    expect(facts).toMatchObject({ groupsFault: { error: "AutoScalingAccessDenied" } });
    expect(facts).not.toHaveProperty("groups");
  });
});

describe("Buildkite and Auto Scaling", () => {
  test("are called in parallel", async () => {
    const agentTokenParameter = newParameter();
    sandbox.faults.add({ service: "Buildkite", fault: { before: delay(2000) } });
    sandbox.faults.add({ service: "AutoScaling", fault: { before: delay(2000) } });
    const { tookMs } = await runStep("Fetch metrics", {
      input: createInput({ agentTokenParameter }),
    });
    expect(listRequestTimes("Buildkite")).toEqual([0]);
    expect(listRequestTimes("AutoScaling")).toEqual([0]);
    expect(tookMs).toBe(2000);
  });

  test("keep their facts if the other call hangs", async () => {
    world.setGroup("web", { desired: 1 });
    world.setQueue("default", { scheduled: 1 });
    sandbox.faults.add({ service: "Buildkite", fault: "hang" });
    expect(await fetchMetrics()).toMatchObject({
      queuesFault: { error: "BuildkiteUnavailable" },
      groups: { web: { desired: 1 } },
    });
    sandbox.faults.clear();
    sandbox.faults.add({ service: "AutoScaling", fault: "hang" });
    expect(await fetchMetrics()).toMatchObject({
      queues: { default: createQueue({ scheduled: 1 }) },
      groupsFault: { error: "AutoScalingUnavailable" },
    });
  });

  test("are two faults if both fail, and the step still succeeds", async () => {
    sandbox.faults.add({ service: "Buildkite", fault: "reset" });
    sandbox.faults.add({ service: "AutoScaling", fault: "reset" });
    expect(await fetchMetrics()).toEqual({
      observedAt: expect.any(String),
      queuesFault: { error: "BuildkiteUnavailable", message: expect.any(String) },
      groupsFault: { error: "AutoScalingUnavailable", message: expect.any(String) },
    });
  });
});

describe("the poll interval that Buildkite asks for", () => {
  test("is kept if it is longer than a slot, in a warm Lambda, whichever execution asks", async () => {
    const input = createInput({ agentTokenParameter: newParameter() });
    buildkite.pollDurationSeconds = 600;
    const results = await runInVirtualTime(Date.parse(START), async () => {
      const first = await callState("Fetch metrics", { input });
      await delay(590_500)();
      const early = await callState("Fetch metrics", { input });
      await delay(9000)(); // 599.5 s: a poll may begin a little sooner after its beat
      return [first, early, await callState("Fetch metrics", { input })];
    });
    const counted = { minimumPollSeconds: 600, queues: expect.anything() };
    const message = "Buildkite asks for a longer poll interval: it is read again in 10 s";
    const queuesFault = { error: "BuildkiteThrottled", message };
    expect(results).toMatchObject([counted, { minimumPollSeconds: 10, queuesFault }, counted]);
    expect(listCalls("Buildkite")).toHaveLength(2);
  });

  test("is not kept if it is a slot: the next execution polls at its start", async () => {
    const input = createInput({ agentTokenParameter: newParameter() });
    buildkite.pollDurationSeconds = 180;
    await readResult("Fetch metrics", { input });
    expect(await readResult("Fetch metrics", { input })).toHaveProperty("queues");
  });

  test.each([
    [30, 30],
    [0, 0],
    [undefined, undefined],
  ])("is the current value of the header: %s", async (pollDurationSeconds, expected) => {
    Object.assign(buildkite, { pollDurationSeconds: 60 });
    expect(await fetchMetrics()).toHaveProperty("minimumPollSeconds", 60);
    Object.assign(buildkite, { pollDurationSeconds });
    const facts = Object(await fetchMetrics());
    expect(facts.minimumPollSeconds).toBe(expected);
  });

  test.each(["soon", "-5", "2.5", "1e3", "", "99999999999"])(
    "is unknown if the header is %j",
    async (header) => {
      const body = JSON.stringify({ organization: { slug: "example" }, ...createQueue({}) });
      const headers = { "buildkite-agent-metrics-poll-duration": header };
      sandbox.faults.add({
        service: "Buildkite",
        fault: { answer: { status: 200, headers, body } },
      });
      const facts = await fetchMetrics();
      expect(facts).toHaveProperty("queues.default");
      expect(facts).not.toHaveProperty("minimumPollSeconds");
    },
  );
});

describe("the age of the counts", () => {
  test("is measured from Buildkite's Date header", async () => {
    Object.assign(buildkite, { ageSeconds: 150 });
    expect(await fetchMetrics()).toHaveProperty("metricsAgeSeconds", 150);
  });

  test("is never negative, even if Buildkite's clock is ahead", async () => {
    Object.assign(buildkite, { ageSeconds: -20 });
    expect(await fetchMetrics()).toHaveProperty("metricsAgeSeconds", 0);
  });
});
