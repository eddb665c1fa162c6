import { gzipSync } from "node:zlib";
import { XMLParser } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import { createScriptedWorld } from "../../../local/sandbox/scripted-world.ts";
import { startSandbox } from "../../../local/sandbox/server.ts";
import { NOW } from "../../support/facts.ts";
import { buildkite, listCalls, parameters, sandbox, world } from "../../support/sandbox.ts";

/** The sandbox's answers on the wire, without an SDK client in between. */

const SIGNED = { authorization: "AWS4-HMAC-SHA256 Credential=any" };

/** Returns the answer of a JSON service; `body` may be compressed. */
async function jsonCall(
  target: string,
  body: object,
  { headers = SIGNED, zipped = false }: { headers?: Record<string, string>; zipped?: boolean } = {},
) {
  const text = JSON.stringify(body);
  const response = await fetch(sandbox.url, {
    method: "POST",
    headers: {
      "x-amz-target": target,
      ...headers,
      ...(zipped ? { "content-encoding": "gzip" } : {}),
    },
    body: zipped ? new Uint8Array(gzipSync(text)) : text,
  });
  return { status: response.status, body: await response.json() };
}

const PUT = "GraniteServiceVersion20100801.PutMetricData";
const GET_PARAMETER = "AmazonSSM.GetParameter";

/** Returns the answer of Auto Scaling's Query protocol. */
async function query(form: Record<string, string>, headers: Record<string, string> = SIGNED) {
  const body = new URLSearchParams(form);
  const response = await fetch(sandbox.url, { method: "POST", headers, body });
  return { status: response.status, body: new XMLParser().parse(await response.text()) };
}

/** Returns Buildkite's answer for a path. */
async function metrics(path: string, authorization = `Token ${buildkite.token}`) {
  const response = await fetch(sandbox.agentEndpoint + path, { headers: { authorization } });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

describe("an unknown request", () => {
  test("returns 404, and is recorded", async () => {
    const response = await fetch(`${sandbox.url}/elsewhere`);
    expect(response.status).toBe(404);
    expect(listCalls("unknown")).toEqual(["GET /elsewhere"]);
  });

  test("to Auto Scaling returns AWS's error for an unknown action", async () => {
    const { status, body } = await query({ Action: "MakeCoffee" });
    expect(status).toBe(400);
    expect(body.ErrorResponse.Error).toMatchObject({ Type: "Sender", Code: "InvalidAction" });
  });

  test("to Buildkite returns 404", async () => {
    expect(await metrics("/agents")).toMatchObject({ status: 404, body: { message: "Not Found" } });
  });

  test("with an unknown target returns 404", async () => {
    expect(await jsonCall("AmazonSSM.DeleteParameter", {})).toMatchObject({ status: 404 });
  });
});

describe("a request to AWS without a signature", () => {
  test.each([
    ["with nothing", {}],
    ["with a token", { authorization: "Token bkct_1" }],
  ])("is refused and changes nothing: %s", async (_, headers) => {
    world.setGroup("web", {});
    const set = { Action: "SetDesiredCapacity", AutoScalingGroupName: "web", DesiredCapacity: "3" };
    const { status, body } = await query(set, headers);
    expect(status).toBe(403);
    expect(body.ErrorResponse.Error.Code).toBe("MissingAuthenticationToken");
    expect(world.commands).toEqual([]);
    const parameter = await jsonCall(
      GET_PARAMETER,
      { Name: "/buildkite/agent-token" },
      { headers },
    );
    expect(parameter).toMatchObject({
      status: 403,
      body: { __type: "MissingAuthenticationToken" },
    });
  });
});

describe("Buildkite", () => {
  test.each(["", "Token bkct_wrong", "Bearer bkct_of-the-sandbox"])(
    "refuses the token %j",
    async (authorization) => {
      expect(await metrics("/metrics", authorization)).toMatchObject({ status: 401 });
    },
  );

  test("returns one queue, with the total of its jobs", async () => {
    world.setQueue("a b", { scheduled: 1, running: 2, waiting: 3, idle: 4, busy: 2 });
    const { status, body } = await metrics("/metrics/queue?name=a%20b");
    expect(status).toBe(200);
    expect(body).toEqual({
      organization: { slug: "example" },
      cluster: { name: "main" },
      jobs: { scheduled: 1, running: 2, waiting: 3, total: 6 }, // 1 + 2 + 3
      agents: { idle: 4, busy: 2, total: 6 }, // 4 + 2
    });
  });

  test("sums its queues, and omits a queue without jobs and agents", async () => {
    world.setQueue("a", { scheduled: 1, idle: 1 });
    world.setQueue("b", { running: 2, busy: 2 });
    world.setQueue("empty", {});
    const { jobs, agents } = Object((await metrics("/metrics")).body);
    expect(jobs).toMatchObject({ scheduled: 1, running: 2, waiting: 0, total: 3 });
    expect(agents).toMatchObject({ idle: 1, busy: 2, total: 3 });
    expect(Object.keys(jobs.queues)).toEqual(["a", "b"]);
    expect(Object.keys(agents.queues)).toEqual(["a", "b"]);
  });

  test("sends a poll duration only if one is set", async () => {
    const header = "buildkite-agent-metrics-poll-duration";
    expect((await metrics("/metrics")).headers.get(header)).toBeNull();
    buildkite.pollDurationSeconds = 15;
    expect((await metrics("/metrics")).headers.get(header)).toBe("15");
  });
});

describe("Auto Scaling", () => {
  const describeAll = { Action: "DescribeAutoScalingGroups" };

  test("returns pages: the requested number of groups, and the token of the next page", async () => {
    for (const name of ["a", "b", "c"]) world.setGroup(name, {});
    const first = (await query({ ...describeAll, MaxRecords: "2" })).body;
    const { AutoScalingGroups, NextToken } =
      first.DescribeAutoScalingGroupsResponse.DescribeAutoScalingGroupsResult;
    expect(namesOf(AutoScalingGroups.member)).toEqual(["a", "b"]);
    const next = { ...describeAll, MaxRecords: "2", NextToken: String(NextToken) };
    const { DescribeAutoScalingGroupsResult: second } = (await query(next)).body
      .DescribeAutoScalingGroupsResponse;
    expect(namesOf([second.AutoScalingGroups.member])).toEqual(["c"]);
    expect(second).not.toHaveProperty("NextToken");
  });

  test("refuses a desired capacity that honours the group's cooldown", async () => {
    world.setGroup("web", {});
    const set = { Action: "SetDesiredCapacity", AutoScalingGroupName: "web", DesiredCapacity: "3" };
    const { status, body } = await query({ ...set, HonorCooldown: "true" });
    expect(status).toBe(400);
    expect(body.ErrorResponse.Error.Code).toBe("ScalingActivityInProgress");
    expect(world.commands).toEqual([]);
  });

  test("refuses a capacity outside the limits, and names the limit", async () => {
    world.setGroup("web", { min: 1, max: 5, desired: 2 });
    const set = { Action: "SetDesiredCapacity", AutoScalingGroupName: "web" };
    const above = await query({ ...set, DesiredCapacity: "6" });
    expect(above.body.ErrorResponse.Error).toMatchObject({
      Code: "ValidationError",
      Message: expect.stringContaining("6 is above max value 5"),
    });
    const below = await query({ ...set, DesiredCapacity: "0" });
    expect(below.body.ErrorResponse.Error.Message).toContain("0 is below min value 1");
    expect(world.commands).toEqual([]);
  });
});

describe("TerminateInstanceInAutoScalingGroup", () => {
  const terminate = (decrement: boolean, ...ids: string[]) =>
    query({
      Action: "TerminateInstanceInAutoScalingGroup",
      AutoScalingGroupName: "web",
      ShouldDecrementDesiredCapacity: String(decrement),
      ...Object.fromEntries(ids.map((id, index) => [`InstanceIds.member.${index + 1}`, id])),
    });

  test("ends instances, and lowers desired capacity only on request", async () => {
    world.setGroup("web", { ids: ["i-0000000a", "i-0000000b", "i-0000000c"] });
    expect(await terminate(true, "i-0000000a", "i-0000000b")).toMatchObject({ status: 200 });
    expect(world.group("web")?.desired).toBe(1); // 3 - 2
    expect(await terminate(false, "i-0000000c")).toMatchObject({ status: 200 });
    expect(world.group("web")?.desired).toBe(1);
    expect(world.terminations).toHaveLength(2);
  });

  test("refuses to lower desired capacity below min, and ends nothing", async () => {
    world.setGroup("web", { min: 1, ids: ["i-0000000a"] });
    const { status, body } = await terminate(true, "i-0000000a");
    expect(status).toBe(400);
    expect(body.ErrorResponse.Error).toMatchObject({
      Code: "ValidationError",
      Message: expect.stringMatching(/^Currently, desiredSize equals minSize \(1\)\./),
    });
    expect(world.terminations).toEqual([]);
  });

  test("refuses an instance that the group does not have", async () => {
    world.setGroup("web", { ids: ["i-0000000a"] });
    const { body } = await terminate(true, "i-0000000a", "i-0000dead");
    expect(body.ErrorResponse.Error.Message).toContain("for instance ID: i-0000dead");
    expect(world.terminations).toEqual([]);
  });

  test("takes at most a hundred instances", async () => {
    const ids = Array.from({ length: 101 }, (_, index) => `i-${String(index).padStart(8, "0")}`);
    world.setGroup("web", { max: 200, ids });
    expect(await terminate(true, ...ids)).toMatchObject({ status: 400 });
    expect(await terminate(true, ...ids.slice(1))).toMatchObject({ status: 200 });
    expect(world.group("web")?.desired).toBe(1); // 101 - 100
  });
});

interface Named {
  AutoScalingGroupName: string;
}

function namesOf(groups: readonly Named[]): string[] {
  return groups.map(({ AutoScalingGroupName }) => AutoScalingGroupName);
}

describe("SSM", () => {
  test("decrypts a parameter only on request", async () => {
    parameters.set("/token", "bkct_1");
    const read = async (more: object) =>
      (await jsonCall(GET_PARAMETER, { Name: "/token", ...more })).body;
    expect(await read({ WithDecryption: true })).toMatchObject({ Parameter: { Value: "bkct_1" } });
    expect(JSON.stringify(await read({}))).not.toContain("bkct_1");
  });
});

describe("SSM's Run Command", () => {
  const A = "i-0000000a";
  const send = (more: object) =>
    jsonCall("AmazonSSM.SendCommand", {
      DocumentName: "look",
      InstanceIds: [A],
      Parameters: { unit: ["buildkite-agent"] },
      ...more,
    });
  const list = async (more: object) =>
    Object((await jsonCall("AmazonSSM.ListCommandInvocations", more)).body);

  test.each([
    ["more than 50 instances", { InstanceIds: Array.from({ length: 51 }, () => A) }],
    ["a comment of more than 100 characters", { Comment: "x".repeat(101) }],
    ["a delivery time under 30 s", { TimeoutSeconds: 29 }],
  ])("refuses %s", async (_, more) => {
    world.setGroup("web", { ids: [A] });
    expect(await send(more)).toMatchObject({
      status: 400,
      body: { __type: "ValidationException" },
    });
    expect(world.instances.sent).toEqual([]);
  });

  test.each([
    ["DuplicateInstanceId", { InstanceIds: [A, A] }],
    ["InvalidParameters", { Parameters: { commands: ["rm -rf /"] } }],
    ["InvalidParameters", { Parameters: { unit: ["buildkite-agent"], mode: ["reboot"] } }],
  ])("refuses with %s what AWS or the documents do not allow", async (name, more) => {
    world.setGroup("web", { ids: [A] });
    expect(await send(more)).toMatchObject({ status: 400, body: { __type: name } });
    expect(world.instances.sent).toEqual([]);
  });

  test("refuses a command for all instances if it does not know some of them", async () => {
    world.setGroup("web", { ids: [A] });
    const ids = ["i-0000dead", A, "i-0000beef"];
    expect(await send({ InstanceIds: ids })).toEqual({
      status: 400,
      body: expect.objectContaining({
        __type: "InvalidInstanceId",
        message:
          "Instances [[i-0000dead, i-0000beef]] not in a valid state for account 000000000000",
      }),
    });
  });

  test("prints the output of a command only with its details", async () => {
    world.setGroup("web", { ids: [A] });
    const { Command } = Object((await send({})).body);
    const brief = await list({ CommandId: Command.CommandId });
    expect(brief.CommandInvocations).toMatchObject([{ InstanceId: A, CommandPlugins: [] }]);
    const full = await list({ CommandId: Command.CommandId, Details: true });
    const [{ CommandPlugins }] = full.CommandInvocations;
    expect(JSON.parse(CommandPlugins[0].Output)).toMatchObject({ state: "active", jobs: 0 });
  });

  test("returns pages of at most 50 invocations, and the token of the next page", async () => {
    const ids = Array.from({ length: 53 }, (_, index) => `i-${String(index).padStart(8, "0")}`);
    world.setGroup("web", { max: 100, ids });
    await send({ InstanceIds: ids.slice(0, 50) });
    await send({ InstanceIds: ids.slice(50) });
    const query = {
      Filters: [
        { key: "DocumentName", value: "look" },
        { key: "InvokedAfter", value: "2020-01-01T00:00:00Z" },
      ],
    };
    const first = await list(query);
    expect(first.CommandInvocations).toHaveLength(50);
    const second = await list({ ...query, NextToken: first.NextToken });
    expect(second.CommandInvocations).toHaveLength(3); // 53 - 50
    expect(second).not.toHaveProperty("NextToken");
  });

  test("takes the time of a filter in whole seconds only, as AWS does", async () => {
    const filters = (value: string) => ({
      Filters: [
        { key: "DocumentName", value: "look" },
        { key: "InvokedAfter", value },
      ],
    });
    expect(await list(filters("2026-01-05T09:00:00.123Z"))).toMatchObject({
      __type: "InvalidFilterKey",
    });
    expect(await list(filters("2026-01-05T09:00:00Z"))).toEqual({ CommandInvocations: [] });
  });
});

describe("CloudWatch", () => {
  const datum = { MetricName: "Jobs", Value: 3, Timestamp: 1_767_603_600 };
  const put = (count: number) => ({
    Namespace: "Buildkite",
    MetricData: Array.from({ length: count }, () => datum),
  });

  test.each([false, true])("accepts metrics; the body is compressed: %s", async (zipped) => {
    expect(await jsonCall(PUT, put(1), { zipped })).toMatchObject({ status: 200 });
    expect(sandbox.published).toEqual([
      {
        namespace: "Buildkite",
        name: "Jobs",
        dimensions: {},
        value: 3,
        unit: "None",
        atMs: Date.parse(NOW), // 1 767 603 600 s
      },
    ]);
    expect(listCalls("CloudWatch")).toEqual(["PutMetricData Buildkite"]);
  });

  test("accepts a thousand data in one call, and no more", async () => {
    expect((await jsonCall(PUT, put(1000))).status).toBe(200);
    expect(await jsonCall(PUT, put(1001))).toMatchObject({
      status: 400,
      body: { __type: "InvalidParameterValueException" },
    });
    expect(sandbox.published).toHaveLength(1000);
  });

  test("returns 500 for a request that it cannot read, and continues", async () => {
    expect((await jsonCall(PUT, { Namespace: "Buildkite" })).status).toBe(500);
    expect((await jsonCall(PUT, put(1))).status).toBe(200);
  });
});

describe("a sandbox", () => {
  test("uses its own clock, reports each call before the answer, and closes", async () => {
    const told: string[] = [];
    const own = await startSandbox({
      world: createScriptedWorld(),
      buildkite: { token: "bkct_1" },
      parameters: new Map(),
      now: () => Date.parse(NOW),
      onCall: ({ service, action }) => told.push(`${service} ${action}`),
    });
    const headers = { authorization: "Token bkct_1", "user-agent": "a test" };
    const response = await fetch(`${own.agentEndpoint}/metrics`, { headers });
    expect(response.headers.get("date")).toBe("Mon, 05 Jan 2026 09:00:00 GMT");
    expect(told).toEqual(["Buildkite metrics"]);
    expect(own.calls).toEqual([
      {
        service: "Buildkite",
        action: "metrics",
        subject: "",
        atMs: Date.parse(NOW),
        userAgent: "a test",
      },
    ]);
    await own.close();
    await expect(fetch(own.url)).rejects.toThrow("fetch failed");
  });

  test("cannot use a port that is in use", async () => {
    const port = Number(new URL(sandbox.url).port);
    const options = { world, buildkite, parameters, now: () => 0, port };
    await expect(startSandbox(options)).rejects.toThrow("EADDRINUSE");
  });

  test("closes although a request hangs", async () => {
    const options = { world, buildkite, parameters, now: () => 0 };
    const own = await startSandbox(options);
    own.faults.add({ service: "unknown", fault: "hang" });
    const hanging = fetch(own.url).catch(() => "broken off");
    while (own.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await own.close();
    expect(await hanging).toBe("broken off");
  });
});
