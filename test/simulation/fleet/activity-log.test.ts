import { describe, expect, test } from "vitest";
import { findLastScalings } from "../../../functions/core/memory.ts";
import {
  ActivityLog,
  endActivity,
  type ScalingActivity,
} from "../../../simulation/fleet/activity-log.ts";
import { msAfterStart } from "../../support/fleet.ts";

const ID = "i-00001000000000003";

function createActivity(over: Partial<ScalingActivity> = {}): ScalingActivity {
  const plain: ScalingActivity = {
    kind: "launch",
    atMs: msAfterStart(14),
    end: { atMs: msAfterStart(74), status: "Successful" },
    instanceId: ID,
    from: 2,
    to: 5,
  };
  return { ...plain, ...over };
}

function describeCause(activity: ScalingActivity) {
  const log = new ActivityLog();
  log.add(activity);
  return log.activities()[0]?.cause;
}

const DIFFERENCE = "in response to a difference between desired and actual capacity,";

describe("ActivityLog", () => {
  test("describes a requested launch in the words of AWS", () => {
    expect(
      describeCause(createActivity({ request: { atMs: msAfterStart(10), from: 2, to: 5 } })),
    ).toBe(
      `At 2026-01-05T09:00:10Z a user request explicitly set group desired capacity changing the desired capacity from 2 to 5.  At 2026-01-05T09:00:14Z an instance was started ${DIFFERENCE} increasing the capacity from 2 to 5.`,
    );
  });

  test("describes a requested termination in the words of AWS", () => {
    const request = { atMs: msAfterStart(10), from: 5, to: 4 };
    expect(describeCause(createActivity({ kind: "terminate", request, from: 5, to: 4 }))).toBe(
      `At 2026-01-05T09:00:10Z a user request explicitly set group desired capacity changing the desired capacity from 5 to 4.  At 2026-01-05T09:00:14Z an instance was taken out of service ${DIFFERENCE} shrinking the capacity from 5 to 4.  At 2026-01-05T09:00:14Z instance ${ID} was selected for termination.`,
    );
  });

  test("mentions no request if there was none", () => {
    expect(describeCause(createActivity())).toBe(
      `At 2026-01-05T09:00:14Z an instance was started ${DIFFERENCE} increasing the capacity from 2 to 5.`,
    );
    expect(describeCause(createActivity({ kind: "replace" }))).toBe(
      "At 2026-01-05T09:00:14Z an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.",
    );
  });

  test.each([
    [undefined, { status: "InProgress" }],
    ["Successful", { status: "Successful", endedAt: "2026-01-05T09:01:14.000Z" }],
    ["Failed", { status: "Failed", endedAt: "2026-01-05T09:01:14.000Z" }],
    ["Cancelled", { status: "Cancelled", endedAt: "2026-01-05T09:01:14.000Z" }],
  ] as const)("returns the status of an activity that ended as %j: %j", (status, expected) => {
    const log = new ActivityLog();
    const activity = log.add(createActivity({ end: undefined }));
    if (status !== undefined) endActivity(activity, msAfterStart(74), status);
    const [{ id, cause, startedAt, ...rest } = {}] = log.activities();
    expect(rest).toEqual(expected);
    expect(startedAt).toBe("2026-01-05T09:00:14.000Z");
  });

  test("keeps the first end of an activity", () => {
    const log = new ActivityLog();
    const launch = log.add(createActivity({ end: undefined }));
    endActivity(launch, msAfterStart(80));
    endActivity(launch, msAfterStart(90), "Cancelled");
    expect(log.activities()[0]).toMatchObject({
      status: "Successful",
      endedAt: "2026-01-05T09:01:20.000Z",
    });
  });

  test("returns the newest first, each with an id that never changes", () => {
    const log = new ActivityLog();
    for (const seconds of [1, 2, 3]) log.add(createActivity({ atMs: msAfterStart(seconds) }));
    const before = log.activities();
    log.add(createActivity({ atMs: msAfterStart(4) }));
    const after = log.activities();
    expect(after.map(({ startedAt }) => Date.parse(startedAt))).toEqual(
      [4, 3, 2, 1].map(msAfterStart),
    );
    expect(after.slice(1)).toEqual(before);
    expect(new Set(after.map(({ id }) => id)).size).toBe(4);
  });

  test("leaves out activities that started before a time", () => {
    const log = new ActivityLog();
    for (const seconds of [1, 2, 3]) log.add(createActivity({ atMs: msAfterStart(seconds) }));
    expect(log.activities(msAfterStart(2))).toEqual(log.activities().slice(0, 2)); // Those at 3 and 2.
  });

  test.each([300, 301, 599, 600, 601, 1450])(
    "keeps at most the newest 300, here of %d",
    (count) => {
      const log = new ActivityLog();
      for (let second = 1; second <= count; second += 1)
        log.add(createActivity({ atMs: msAfterStart(second) }));
      const kept = log.activities();
      expect(kept).toHaveLength(300);
      expect(kept[0]?.startedAt).toBe(new Date(msAfterStart(count)).toISOString());
      expect(kept.at(-1)?.startedAt).toBe(new Date(msAfterStart(count - 299)).toISOString());
      // Ids count from 0: the newest is the last, in base 16.
      expect(kept[0]?.id).toBe(
        `00000000-0000-4000-8000-${(count - 1).toString(16).padStart(12, "0")}`,
      );
    },
  );

  test("is a log in which findLastScalings finds the last scalings", () => {
    const log = new ActivityLog();
    const request = { atMs: msAfterStart(0), from: 2, to: 5 };
    log.add(createActivity({ atMs: msAfterStart(1), request }));
    log.add(
      createActivity({
        atMs: msAfterStart(2),
        request,
        end: { atMs: msAfterStart(74), status: "Failed" },
      }),
    );
    log.add(
      createActivity({
        atMs: msAfterStart(3),
        kind: "terminate",
        request: { atMs: msAfterStart(3), from: 5, to: 4 },
      }),
    );
    log.add(createActivity({ atMs: msAfterStart(4), kind: "replace" }));
    log.add(createActivity({ atMs: msAfterStart(5) }));
    expect(findLastScalings(log.activities())).toEqual({
      lastScaleOutAt: "2026-01-05T09:00:01.000Z", // The failed one and the replacement do not count.
      lastScaleInAt: "2026-01-05T09:00:03.000Z",
    });
  });
});
