import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatTimesTag,
  type GroupTimes,
  parseTimesTag,
} from "../../../functions/core/group-times.ts";

const aSecond = fc
  .integer({ min: 0, max: 4_102_444_799 }) // The last second of 2099.
  .map((seconds) => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`);
const aCapacity = fc.nat(999_999);

const someTimes: fc.Arbitrary<GroupTimes> = fc.record(
  {
    lastScaleInAt: aSecond,
    lastScaleOutAt: aSecond,
    surplusSince: aSecond,
    shortageSince: aSecond,
    drainSince: aSecond,
    desired: aCapacity,
    ended: fc.record({ count: fc.integer({ min: 1, max: 999_999 }), hour: aSecond }),
  },
  { requiredKeys: ["desired"] },
);

describe("the tag with a group's times", () => {
  test("contains every time by name", () => {
    const times = {
      lastScaleInAt: "2026-01-05T09:00:00.123Z",
      lastScaleOutAt: "2026-01-05T08:00:00Z",
      surplusSince: "2026-01-05T08:59:50Z",
      desired: 5,
      desiredBefore: 20,
      ended: { count: 2, hour: "2026-01-05T09:00:00Z" },
    };
    expect(formatTimesTag(times)).toBe(
      "in=2026-01-05T09:00:00Z out=2026-01-05T08:00:00Z surplus=2026-01-05T08:59:50Z desired=20>5 ended=2@2026-01-05T09:00:00Z",
    );
  });

  test("is read as it was written, and AWS accepts it", () => {
    fc.assert(
      fc.property(someTimes, fc.option(aCapacity, { nil: undefined }), (times, before) => {
        const whole = before === undefined ? times : { ...times, desiredBefore: before };
        const tag = formatTimesTag(whole);
        expect(parseTimesTag(tag)).toEqual(whole);
        expect(tag).toMatch(/^[\w\s:=>@.-]{1,256}$/);
      }),
    );
  });

  test.each([
    "",
    "in=yesterday",
    "desired=five",
    "desired=-1",
    "ended=0@2026-01-05T09:00:00Z",
    "in=2026-01-05T09:00:00Z somebody=was here",
    "in=2026-01-05T09:00:00Z  desired=5", // two spaces
  ])("proves nothing if any part of it makes no sense: %j", (value) => {
    expect(parseTimesTag(value)).toBeUndefined();
  });
});
