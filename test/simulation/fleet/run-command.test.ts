import { describe, expect, test } from "vitest";
import {
  parseInstanceAnswer,
  parseStopAnswer,
} from "../../../functions/core/graceful/parse-answer.ts";
import type { Fleet } from "../../../simulation/fleet/fleet.ts";
import type { CommandOptions, InstanceOptions } from "../../../simulation/fleet/options.ts";
import { UnknownInstances, type WorldCommand } from "../../../simulation/fleet/world.ts";
import { createFleet, createGroupOptions, createJob, msAfterStart } from "../../support/fleet.ts";

/** A fleet with one instance and one agent, which answers as the options say. */
function createAnsweringFleet(
  commands: CommandOptions = {},
  instance: Partial<InstanceOptions> = {},
) {
  const group = createGroupOptions({ desired: 1 }, { ...instance, commands });
  return createFleet([group], [createJob(100, 1000)]);
}

function listIds(fleet: Fleet): string[] {
  return fleet.instances("web").map(({ id }) => id);
}

function send(fleet: Fleet, more: Partial<WorldCommand> = {}): string {
  const plain = { document: "look", action: "look", unit: "buildkite-agent", comment: "" } as const;
  return fleet.sendCommand({ ...plain, instances: listIds(fleet), ...more });
}

function readInvocation(fleet: Fleet, commandId: string) {
  const [invocation] = fleet.invocations({ commandId });
  if (invocation === undefined) throw new Error("the command has no invocation");
  return invocation;
}

function readAnswer(fleet: Fleet, commandId: string) {
  const { output } = readInvocation(fleet, commandId);
  const answer = parseInstanceAnswer(output, "2026-01-05T09:00:00Z");
  return answer && { ...answer, ...parseStopAnswer(output) };
}

/** Sends a command and returns its answer a minute later. */
function ask(fleet: Fleet, more: Partial<WorldCommand> = {}) {
  const commandId = send(fleet, more);
  fleet.advanceTo(fleet.nowMs + 60_000);
  return readAnswer(fleet, commandId);
}

describe("a command", () => {
  test("is pending, then in progress, then answered: by default within 1 to 4 seconds", () => {
    const fleet = createAnsweringFleet();
    const commandId = send(fleet, { comment: "main look web" });
    expect(readInvocation(fleet, commandId)).toMatchObject({
      status: "Pending",
      comment: "main look web",
      requestedMs: msAfterStart(0),
      output: "",
    });
    fleet.advanceTo(msAfterStart(0.5));
    expect(readInvocation(fleet, commandId).output).toBe("");
    fleet.advanceTo(msAfterStart(4));
    expect(readInvocation(fleet, commandId)).toMatchObject({
      status: "Success",
      statusDetails: "Success",
    });
    expect(readAnswer(fleet, commandId)).toMatchObject({
      platform: "linux",
      state: "active",
      jobs: 0,
      bootId: `boot-of-${listIds(fleet)[0]}`,
    });
  });

  test("says what it found when it arrived, not when it was sent or answered", () => {
    const fleet = createAnsweringFleet({ answer: 20 });
    fleet.advanceTo(msAfterStart(85)); // It arrives at 95; the job starts at 100.
    const before = send(fleet);
    fleet.advanceTo(msAfterStart(91)); // It arrives at 101.
    const after = send(fleet);
    fleet.advanceTo(msAfterStart(200));
    expect(readAnswer(fleet, before)).toMatchObject({ jobs: 0, uptimeSeconds: 95 });
    expect(readAnswer(fleet, after)).toMatchObject({ jobs: 1, uptimeSeconds: 101 });
  });

  test("is given up after 30 s if the instance is silent", () => {
    const fleet = createAnsweringFleet({ silentInstances: 1 });
    const commandId = send(fleet);
    fleet.advanceTo(msAfterStart(29.999));
    expect(readInvocation(fleet, commandId).status).toBe("Pending");
    fleet.advanceTo(msAfterStart(30));
    expect(readInvocation(fleet, commandId)).toMatchObject({
      status: "TimedOut",
      statusDetails: "DeliveryTimedOut",
      output: "",
    });
    expect(fleet.isOnline(listIds(fleet)[0] ?? "")).toBe(false);
  });

  test.each([
    [20, 25, "Success"], // Delivered at 20 + 2.5, answered at 25.
    [28, 33, "DeliveryTimedOut"], // 28 + 2.5 is more than 30.
  ])("that is %d s late is, %d s after it was sent, %s", (lateBy, seconds, details) => {
    const fleet = createAnsweringFleet({ answer: 5, lateDeliveries: 1, lateBy });
    const commandId = send(fleet);
    fleet.advanceTo(msAfterStart(seconds));
    expect(readInvocation(fleet, commandId).statusDetails).toBe(details);
  });

  test("is delivered as late as it says", () => {
    const fleet = createAnsweringFleet({ answer: 0, lateDeliveries: 1, lateBy: 50 });
    const commandId = send(fleet, { deliverySeconds: 3600 });
    fleet.advanceTo(msAfterStart(50));
    expect(readInvocation(fleet, commandId).status).toBe("Success");
  });

  test("is refused as a whole if SSM does not know one of its instances", () => {
    const fleet = createAnsweringFleet();
    const known = listIds(fleet);
    const refused = () => send(fleet, { instances: [...known, "i-0a", "i-0b"] });
    expect(refused).toThrow(UnknownInstances);
    expect(refused).toThrow("Instances [[i-0a, i-0b]] not in a valid state for account");
    expect(fleet.invocations({ document: "look", afterMs: 0 })).toEqual([]);
  });

  test("is refused for an instance that never registered", () => {
    const fleet = createAnsweringFleet({ unknownInstances: 1 });
    expect(() => send(fleet)).toThrow(UnknownInstances);
  });

  test.each([
    ["buildkite-agent", "active"],
    ["buildkite-*", "active"],
    ["*", "active"],
    ["buildkite-agent@*", "not-found"],
    ["agent", "not-found"],
  ])("for the unit %s finds it %s", (unit, state) => {
    expect(ask(createAnsweringFleet(), { unit })).toMatchObject({ state });
  });

  test("does not reach an instance that boots or terminates", () => {
    const fleet = createAnsweringFleet({ answer: 0 });
    fleet.setDesiredCapacity("web", 2);
    fleet.terminateInstances("web", listIds(fleet).slice(0, 1), true);
    const commandId = send(fleet);
    fleet.advanceTo(msAfterStart(30));
    expect(fleet.invocations({ commandId }).map(({ statusDetails }) => statusDetails)).toEqual([
      "DeliveryTimedOut",
      "DeliveryTimedOut",
    ]);
  });

  test("is not answered if the instance is gone by then", () => {
    const fleet = createAnsweringFleet(
      { answer: 2 },
      { endsItself: { afterSeconds: 1 }, terminate: 5 },
    );
    const commandId = send(fleet, { document: "stop", action: "stop" });
    fleet.advanceTo(msAfterStart(15)); // Stopped at 1, terminating at 2, gone at 7: it would print at 11.
    expect(readInvocation(fleet, commandId).status).toBe("InProgress");
    fleet.advanceTo(msAfterStart(31)); // 11 + 20
    expect(readInvocation(fleet, commandId)).toMatchObject({
      status: "TimedOut",
      statusDetails: "ExecutionTimedOut",
    });
  });
});

describe("a stop", () => {
  const STOP = { document: "stop", action: "stop-if-idle" } as const;

  test("says that an idle unit has stopped, and since when", () => {
    const fleet = createAnsweringFleet({ answer: 2 });
    fleet.advanceTo(msAfterStart(10));
    expect(ask(fleet, STOP)).toMatchObject({
      state: "inactive",
      stopped: true,
      inactiveAtSeconds: 11,
    });
  });

  test("waits ten seconds for an instance that ends itself", () => {
    const fleet = createAnsweringFleet({ answer: 0 }, { endsItself: {} });
    const commandId = send(fleet, STOP);
    fleet.advanceTo(msAfterStart(9.999));
    expect(readInvocation(fleet, commandId).status).toBe("InProgress");
    fleet.advanceTo(msAfterStart(10));
    expect(readAnswer(fleet, commandId)).toMatchObject({ state: "deactivating", stopped: true });
  });

  test("does not wait for jobs", () => {
    const fleet = createAnsweringFleet({ answer: 0 });
    fleet.advanceTo(msAfterStart(200));
    const commandId = send(fleet, { document: "stop", action: "stop" });
    fleet.advanceTo(msAfterStart(200));
    expect(readAnswer(fleet, commandId)).toMatchObject({
      state: "deactivating",
      stopped: true,
      jobs: 1,
    });
  });

  test("says that it left a busy unit alone", () => {
    const fleet = createAnsweringFleet();
    fleet.advanceTo(msAfterStart(200));
    expect(ask(fleet, STOP)).toMatchObject({ state: "active", stopped: false, jobs: 1 });
  });

  test("never stops agents on Windows", () => {
    const fleet = createAnsweringFleet({}, { platform: "windows" });
    const answer = ask(fleet, { document: "stop", action: "stop" });
    expect(answer).toMatchObject({ platform: "windows", state: "active", stopped: false });
  });
});

test("a look counts the jobs whose agent died until they end", () => {
  const fleet = createAnsweringFleet({ answer: 0 });
  fleet.advanceTo(msAfterStart(200));
  fleet.killAgent(listIds(fleet)[0] ?? "");
  expect(ask(fleet)).toMatchObject({ state: "failed", jobs: 1, inactiveAtSeconds: 200 });
  fleet.advanceTo(msAfterStart(1100)); // 100 + 1000
  expect(ask(fleet)).toMatchObject({ state: "failed", jobs: 0, inactiveAtSeconds: 200 });
});

describe("the record", () => {
  test("returns the newest of one document first, from a time on, at most as many as wanted", () => {
    const fleet = createAnsweringFleet();
    for (const seconds of [0, 10, 20]) {
      fleet.advanceTo(msAfterStart(seconds));
      send(fleet);
      send(fleet, { document: "stop", action: "stop-if-idle" });
    }
    const list = (filter: { afterMs: number; most?: number }) =>
      fleet
        .invocations({ document: "look", ...filter })
        .map(({ requestedMs }) => (requestedMs - msAfterStart(0)) / 1000);
    expect(list({ afterMs: 0 })).toEqual([20, 10, 0]);
    expect(list({ afterMs: msAfterStart(10) })).toEqual([20, 10]);
    expect(list({ afterMs: 0, most: 1 })).toEqual([20]);
  });

  test("forgets what nobody asks for: commands that are older than 25 hours", () => {
    const fleet = createAnsweringFleet();
    const first = send(fleet);
    for (let hour = 1; hour <= 30; hour += 1) {
      fleet.advanceTo(msAfterStart(hour * 3600));
      send(fleet);
    }
    expect(fleet.invocations({ commandId: first })).toEqual([]);
    const kept = fleet.invocations({ document: "look", afterMs: msAfterStart(5 * 3600) });
    expect(kept).toHaveLength(26); // From hour 5 to hour 30.
  });
});

test("whether instances answer does not depend on the order of commands", () => {
  const listStatuses = (turn: (ids: string[]) => string[]) => {
    const group = createGroupOptions({ desired: 8 }, { commands: { silentInstances: 0.5 } });
    const fleet = createFleet([group]);
    const commands = turn(listIds(fleet)).map((id) => send(fleet, { instances: [id] }));
    fleet.advanceTo(msAfterStart(60));
    return new Map(
      commands.map((id) => {
        const { instanceId, status } = readInvocation(fleet, id);
        return [instanceId, status];
      }),
    );
  };
  const statuses = listStatuses((ids) => ids);
  expect(new Set(statuses.values()).size).toBe(2);
  expect(listStatuses((ids) => ids.toReversed())).toEqual(statuses);
});
