import { SSMClient } from "@aws-sdk/client-ssm";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runInVirtualTime } from "../../../local/engine/virtual-time.ts";
import { listCalls, sandbox, world } from "../../support/sandbox.ts";
import { delay, START } from "../../support/step.ts";

const { readAnswers, readStops, sendCommand, toStopRecords } = await import(
  "../../../functions/clients/run-command.ts"
);

const A = "i-0000000a";
const B = "i-0000000b";
const C = "i-0000000c";
const UNIT = "buildkite-agent";

/** Sends a command from {@link START} on. */
function send(action: "look" | "stop-if-idle" | "stop", ...instances: string[]) {
  const comment = `main ${action} web`;
  return inTime((signal) => sendCommand({ action, unit: UNIT, instances, comment }, signal));
}

function inTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return runInVirtualTime(Date.parse(START), () => work(new AbortController().signal));
}

function readAnswersTo(command: string) {
  return inTime((signal) => readAnswers(command, START, signal));
}

function readStopsOf(loop: string, since = START) {
  return inTime((signal) => readStops(since, loop, signal));
}

beforeEach(() => {
  vi.stubEnv("SSM_LOOK_DOCUMENT", "main-look");
  vi.stubEnv("SSM_STOP_DOCUMENT", "main-stop");
  world.setGroup("web", { max: 500, ids: [A, B, C] });
});

afterEach(() => vi.unstubAllEnvs());

describe("a command", () => {
  test.each([
    ["look", "main-look"],
    ["stop-if-idle", "main-stop"],
    ["stop", "main-stop"],
  ] as const)("to %s is sent once, with the document %s", async (action, document) => {
    const { commandId, refused } = await send(action, A, B);
    expect(commandId).toMatch(/^[\da-f-]{36}$/);
    expect(refused).toEqual([]);
    expect(listCalls("SSM")).toEqual([`SendCommand ${document}`]);
    expect(world.instances.sent).toEqual([
      {
        document,
        action,
        unit: UNIT,
        instances: [A, B],
        comment: `main ${action} web`,
        deliverySeconds: 30, // F18: an order that comes an hour late would stop a working instance
      },
    ]);
  });

  test("runs the newest version of our document, whichever version is the default one", async () => {
    const sent = vi.spyOn(SSMClient.prototype, "send");
    await send("look", A);
    expect(sent.mock.calls.map(([{ input }]) => input)).toMatchObject([
      { DocumentName: "main-look", DocumentVersion: "$LATEST" },
    ]);
    sent.mockRestore();
  });

  test("has a comment of at most 100 characters, which is all that SSM takes", async () => {
    const comment = `main look ${"web ".repeat(50)}`;
    const request = { action: "look", unit: UNIT, instances: [A], comment } as const;
    await inTime((signal) => sendCommand(request, signal));
    expect(world.instances.sent).toMatchObject([{ comment: comment.slice(0, 100) }]);
  });

  test("that SSM refuses for some instances is sent once more to the others", async () => {
    world.instances.script(B, { isKnown: false });
    const { commandId, refused } = await send("look", A, B, C);
    expect(refused).toEqual([B]);
    expect(world.instances.sent).toMatchObject([{ instances: [A, C] }]);
    expect(Object.keys(await readAnswersTo(commandId ?? ""))).toEqual([A, C]);
    expect(listCalls("SSM").slice(0, 2)).toEqual([
      "SendCommand main-look",
      "SendCommand main-look",
    ]);
  });

  test("that SSM refuses for all instances is not sent again", async () => {
    for (const id of [A, B]) world.instances.script(id, { isKnown: false });
    expect(await send("stop-if-idle", A, B)).toEqual({ refused: [A, B] });
    expect(listCalls("SSM")).toHaveLength(1);
    expect(world.instances.sent).toEqual([]);
  });

  test("that is refused for another instance a second time is a fault", async () => {
    world.instances.script(A, { isKnown: false });
    const before = () => {
      if (listCalls("SSM").length === 2) world.instances.script(B, { isKnown: false });
    };
    sandbox.faults.add({ service: "SSM", fault: { before } });
    await expect(send("look", A, B, C)).rejects.toMatchObject({ name: "RunCommandUnavailable" });
    expect(listCalls("SSM")).toHaveLength(2);
  });
});

describe("without documents of its own", () => {
  beforeEach(() => {
    vi.stubEnv("SSM_LOOK_DOCUMENT", undefined);
    vi.stubEnv("SSM_STOP_DOCUMENT", undefined);
  });

  test.each(["look", "stop-if-idle", "stop"] as const)(
    "the loop sends the same script with AWS's document for any shell script: %s",
    async (action) => {
      const request = { action, unit: "buildkite-agent@*", instances: [A], comment: "main" };
      await inTime((signal) => sendCommand(request, signal));
      expect(world.instances.sent).toMatchObject([
        { document: "AWS-RunShellScript", action, unit: "buildkite-agent@*", instances: [A] },
      ]);
    },
  );

  test("it still finds its own stops, among other commands with that document", async () => {
    await send("stop-if-idle", A);
    await send("look", B);
    expect(await readStopsOf("main")).toMatchObject({ [A]: { delivered: "yes" } });
    expect(await readStopsOf("main")).not.toHaveProperty(B);
  });
});

const ANSWER = {
  at: START,
  platform: "linux",
  state: "active",
  jobs: 0,
  uptimeSeconds: 7200,
  bootId: "first-boot",
};

/** The line that an instance prints. */
const LINE = { v: 1, platform: "linux", state: "active", jobs: 0, up: 7200, boot: "b" };

describe("the answers to a look", () => {
  test("are what the instances printed, with the time of the look", async () => {
    world.instances.script(A, { jobs: 2 });
    world.instances.script(B, { state: "failed", uptimeSeconds: 900, inactiveAtSeconds: 600 });
    world.instances.script(C, { platform: "windows" });
    const { commandId = "" } = await send("look", A, B, C);
    expect(await readAnswersTo(commandId)).toEqual({
      [A]: { ...ANSWER, jobs: 2 },
      [B]: { ...ANSWER, state: "failed", uptimeSeconds: 900, inactiveAtSeconds: 600 },
      [C]: { ...ANSWER, platform: "windows" },
    });
    expect(listCalls("SSM")).toEqual([
      "SendCommand main-look",
      `ListCommandInvocations ${commandId}`,
    ]);
  });

  // F8, F9: the reference takes a failed command and odd output for a dead agent.
  test.each(["silent", "undeliverable"] as const)(
    "of an instance that is %s are absent",
    async (commands) => {
      world.instances.script(A, { commands });
      const { commandId = "" } = await send("look", A, B);
      expect(await readAnswersTo(commandId)).toStrictEqual({ [B]: ANSWER });
    },
  );

  test.each([
    ["nothing", ""],
    ["another version", '{"v":2,"platform":"linux","state":"failed","jobs":0,"up":9,"boot":"b"}'],
    ["half a line", '{"v":1,"platform":"linux","state":"failed"'],
    ["an unknown state", '{"v":1,"platform":"linux","state":"dead","jobs":0,"up":9,"boot":"b"}'],
    ["a negative number of jobs", JSON.stringify({ ...LINE, jobs: -1 })],
    ["an error of the shell", "sh: systemctl: not found"],
  ])("are absent if the instance prints %s", async (_, output) => {
    sandbox.faults.add({ service: "SSM", fault: answerWith([{ output }]) });
    expect(await readAnswersTo("command")).toStrictEqual({});
  });

  test("are found among the output of several steps and lines", async () => {
    const output = `Warning: something\n${JSON.stringify(LINE)}\n`;
    sandbox.faults.add({ service: "SSM", fault: answerWith([{ output: "" }, { output }]) });
    expect(await readAnswersTo("command")).toEqual({ [A]: { ...ANSWER, bootId: "b" } });
  });
});

/** An answer of ListCommandInvocations: one invocation with some steps. */
function answerWith(steps: readonly { output: string }[]) {
  const CommandPlugins = steps.map(({ output }) => ({ Name: "step", Output: output }));
  const body = JSON.stringify({
    CommandInvocations: [{ InstanceId: A, Status: "Success", CommandPlugins }],
  });
  return {
    answer: { status: 200, headers: { "content-type": "application/x-amz-json-1.1" }, body },
  };
}

describe("the stops on SSM's record", () => {
  test("are those of one loop, with their answers", async () => {
    world.instances.script(B, { jobs: 1 });
    await send("stop-if-idle", A, B);
    await send("look", A);
    expect(await readStopsOf("main")).toEqual({
      [A]: {
        at: START,
        delivered: "yes",
        answer: { state: "inactive", jobs: 0, stopped: true },
      },
      [B]: { at: START, delivered: "yes", answer: { state: "active", jobs: 1, stopped: false } },
    });
    expect(await readStopsOf("other")).toEqual({});
    expect(await readStopsOf("mai")).toEqual({});
  });

  test.each([
    ["silent", "pending"],
    ["undeliverable", "no"],
  ] as const)("of an instance that is %s are delivered: %s", async (commands, delivered) => {
    world.instances.script(A, { commands });
    await send("stop", A);
    expect(await readStopsOf("main")).toEqual({ [A]: { at: START, delivered } });
  });

  test.each(["Delivery Timed Out", "DeliveryTimedOut", "Undeliverable", "Invalid Platform"])(
    "with the details %j were not delivered",
    (StatusDetails) => {
      const RequestedDateTime = new Date(START);
      const stop = { InstanceId: A, RequestedDateTime, Comment: "main stop web", StatusDetails };
      expect(toStopRecords([stop], "main")).toEqual({ [A]: { at: START, delivered: "no" } });
    },
  );

  test("are those since a time, which may have milliseconds", async () => {
    await send("stop", A);
    expect(Object.keys(await readStopsOf("main", "2026-01-05T08:59:59.123Z"))).toEqual([A]);
    expect(await readStopsOf("main", "2026-01-05T09:00:01Z")).toEqual({});
  });

  test("contain only the latest stop of an instance", async () => {
    const stopped = await inTime(async (signal) => {
      const request = {
        action: "stop",
        unit: UNIT,
        instances: [A],
        comment: "main stop web",
      } as const;
      await sendCommand(request, signal);
      await delay(60_000)();
      await sendCommand(request, signal);
      return await readStops(START, "main", signal);
    });
    expect(stopped).toMatchObject({ [A]: { at: "2026-01-05T09:01:00.000Z" } });
  });

  test.each([
    [50, 1],
    [51, 2],
    [400, 8],
  ])("of %i instances are read in %i calls", async (count, calls) => {
    await stopMany(count);
    expect(Object.keys(await readStopsOf("main"))).toHaveLength(count);
    expect(listCalls("SSM")).toHaveLength(calls);
  });

  test("that are more than 400 are a fault, because older ones would count as capacity", async () => {
    await stopMany(401);
    await expect(readStopsOf("main")).rejects.toMatchObject({
      name: "TooManyCommands",
      message: `more than 400 commands since ${START}: older stops are not known`,
    });
    expect(listCalls("SSM")).toHaveLength(8);
  });

  async function stopMany(count: number): Promise<void> {
    const ids = Array.from({ length: count }, (_, index) => `i-${String(index).padStart(8, "0")}`);
    world.setGroup("web", { max: 500, ids });
    for (let from = 0; from < count; from += 50) await send("stop", ...ids.slice(from, from + 50));
    sandbox.calls.length = 0;
  }
});

describe("SSM that", () => {
  const calls: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
    "a command": (signal) =>
      sendCommand({ action: "look", unit: UNIT, instances: [A], comment: "main look web" }, signal),
    answers: (signal) => readAnswers("command", START, signal),
    stops: (signal) => readStops(START, "main", signal),
  };

  test.each([
    ["throttles", { awsError: "ThrottlingException" }, "RunCommandThrottled"],
    ["denies access", { awsError: "AccessDeniedException" }, "RunCommandAccessDenied"],
    ["fails", { awsError: "InternalServerError", status: 500 }, "RunCommandUnavailable"],
    ["does not know the document", { awsError: "InvalidDocument" }, "RunCommandUnavailable"],
    ["breaks the connection", "reset", "RunCommandUnavailable"],
  ] as const)("%s is a fault after one attempt", async (_, fault, name) => {
    sandbox.faults.add({ service: "SSM", fault });
    for (const call of Object.values(calls))
      await expect(inTime(call)).rejects.toMatchObject({ name });
    expect(listCalls("SSM")).toHaveLength(Object.keys(calls).length);
  });

  test.each(Object.entries(calls))("hangs is given up after 3 s: %s", async (_, call) => {
    sandbox.faults.add({ service: "SSM", fault: "hang" });
    const endedMs = await inTime(async (signal) => {
      await expect(call(signal)).rejects.toMatchObject({ name: "RunCommandUnavailable" });
      return Date.now();
    });
    expect(endedMs - Date.parse(START)).toBeGreaterThanOrEqual(3000);
    expect(endedMs - Date.parse(START)).toBeLessThan(3500);
    expect(listCalls("SSM")).toHaveLength(1);
  });

  test.each(Object.entries(calls))("hangs is given up with the Task: %s", async (_, call) => {
    sandbox.faults.add({ service: "SSM", fault: "hang" });
    const endedMs = await runInVirtualTime(Date.parse(START), async () => {
      const ending = new AbortController();
      setTimeout(() => ending.abort(), 1000);
      await expect(call(ending.signal)).rejects.toMatchObject({ name: "RunCommandUnavailable" });
      return Date.now();
    });
    expect(endedMs - Date.parse(START)).toBe(1000);
  });

  test("answers within 3 s is waited for", async () => {
    sandbox.faults.add({ service: "SSM", fault: { before: delay(2500) } });
    expect(await send("look", A)).toMatchObject({ refused: [] });
  });
});
