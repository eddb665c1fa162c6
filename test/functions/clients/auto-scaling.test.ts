import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { describe, expect, test, vi } from "vitest";
import { TIMES_TAG } from "../../../functions/core/group-times.ts";
import { runInVirtualTime } from "../../../local/engine/virtual-time.ts";
import { listCalls, sandbox, world } from "../../support/sandbox.ts";
import { START } from "../../support/step.ts";

/** What graceful groups need of Auto Scaling. The rest is tested through Fetch metrics and Apply scaling. */

const { readGroups, terminateInstances, writeTimesTags } = await import(
  "../../../functions/clients/auto-scaling.ts"
);

const A = "i-0000000a";
const B = "i-0000000b";
const C = "i-0000000c";

function inTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return runInVirtualTime(Date.parse(START), () => work(new AbortController().signal));
}

function terminate(decrement: boolean, ...instances: string[]) {
  return inTime((signal) => terminateInstances("web", instances, decrement, signal));
}

const FAULTS = [
  [{ awsError: "Throttling" }, "AutoScalingThrottled", 2],
  [{ awsError: "AccessDenied" }, "AutoScalingAccessDenied", 1],
  [{ awsError: "ScalingActivityInProgress" }, "AutoScalingUnavailable", 1],
] as const;

describe("a group", () => {
  test("is read with the ids of its InService instances, and with the tag that has its times", async () => {
    world.setGroup("web", { ids: [A, B], pending: 1 });
    world.setTag("web", "Team", "web");
    world.setTimes("web", "in=2026-01-05T08:00:00Z desired=2");
    expect(await inTime((signal) => readGroups(["web"], signal))).toMatchObject({
      web: { inService: 2, instances: [A, B], timesTag: "in=2026-01-05T08:00:00Z desired=2" },
    });
  });

  test("without the tag has no times", async () => {
    world.setGroup("web", { ids: [A] });
    world.setTimes("web", undefined);
    const { web } = await inTime((signal) => readGroups(["web"], signal));
    expect(web).not.toHaveProperty("timesTag");
  });
});

describe("the times in the groups' tags", () => {
  test("are written in one call, and leave other tags alone", async () => {
    const names = Array.from({ length: 30 }, (_, index) => `group-${index}`);
    for (const name of names) {
      world.setGroup(name, {});
      world.setTag(name, "Team", "web");
    }
    const tags = names.map((group, index) => ({ group, value: `desired=${index}` }));
    await inTime((signal) => writeTimesTags(tags, signal));
    expect(listCalls("AutoScaling")).toEqual(["CreateOrUpdateTags"]);
    expect([...(world.group("group-29")?.tags ?? [])]).toEqual([
      [TIMES_TAG, "desired=29"],
      ["Team", "web"],
    ]);
  });

  test("are not passed on to instances, on which they would not change any more", async () => {
    world.setGroup("web", { ids: [A] });
    const sent = vi.spyOn(AutoScalingClient.prototype, "send");
    await inTime((signal) => writeTimesTags([{ group: "web", value: "desired=1" }], signal));
    expect(sent.mock.calls.map(([{ input }]) => input)).toMatchObject([
      { Tags: [{ Key: TIMES_TAG, PropagateAtLaunch: false }] },
    ]);
    sent.mockRestore();
  });

  test("are not written if the answer is empty", async () => {
    world.setGroup("web", { ids: [A] });
    const answer = { status: 200, body: "" };
    sandbox.faults.add({ service: "AutoScaling", fault: { answer } });
    const write = inTime((signal) => writeTimesTags([{ group: "web", value: "" }], signal));
    await expect(write).rejects.toMatchObject({ name: "AutoScalingInvalidAnswer" });
  });

  test.each(FAULTS)("refused with %j are %s after %i calls", async (fault, name, calls) => {
    sandbox.faults.add({ service: "AutoScaling", fault });
    const write = inTime((signal) => writeTimesTags([{ group: "web", value: "" }], signal));
    await expect(write).rejects.toMatchObject({ name });
    expect(listCalls("AutoScaling")).toHaveLength(calls);
  });
});

describe("a termination", () => {
  test("lowers desired capacity by the instances that it ends, once", async () => {
    world.setGroup("web", { ids: [A, B, C] });
    await terminate(true, A, B);
    expect(world.group("web")).toMatchObject({ desired: 1 }); // 3 - 2
    expect(world.terminations).toEqual([{ group: "web", instances: [A, B], decrement: true }]);
    expect(world.commands).toEqual([]); // F1: nothing else lowers it
    expect(listCalls("AutoScaling")).toEqual(["TerminateInstanceInAutoScalingGroup web"]);
  });

  test("without a decrement leaves desired capacity to Auto Scaling, which replaces the instance", async () => {
    world.setGroup("web", { ids: [A, B] });
    await terminate(false, A);
    expect(world.group("web")).toMatchObject({ desired: 2 });
    expect(world.group("web")?.instances.map(({ id }) => id)).not.toContain(A);
  });

  test("with an empty answer may not have been made", async () => {
    world.setGroup("web", { ids: [A] });
    const answer = { status: 200, body: "" };
    sandbox.faults.add({ service: "AutoScaling", fault: { answer } });
    await expect(terminate(true, A)).rejects.toMatchObject({ name: "AutoScalingInvalidAnswer" });
  });

  test("at min is refused, with AWS's message", async () => {
    world.setGroup("web", { min: 2, ids: [A, B] });
    await expect(terminate(true, A)).rejects.toMatchObject({
      name: "AutoScalingUnavailable",
      message: expect.stringContaining("desiredSize equals minSize (2)"),
    });
    expect(world.terminations).toEqual([]);
  });

  test.each(FAULTS)("refused with %j is %s after one call", async (fault, name) => {
    world.setGroup("web", { ids: [A] });
    sandbox.faults.add({ service: "AutoScaling", fault });
    await expect(terminate(true, A)).rejects.toMatchObject({ name });
    expect(listCalls("AutoScaling")).toHaveLength(1);
  });

  test("without an answer is not repeated, because it may have lowered desired capacity", async () => {
    world.setGroup("web", { ids: [A] });
    sandbox.faults.add({ service: "AutoScaling", fault: "hang" });
    await expect(terminate(true, A)).rejects.toMatchObject({ name: "AutoScalingUnavailable" });
    expect(listCalls("AutoScaling")).toHaveLength(1);
  });
});
