import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classifyWaits } from "../../../simulation/report/wait-classes.ts";

const seconds = (...waits: number[]) => Float64Array.from(waits, (wait) => wait * 1000);

describe("classes of waits", () => {
  test("have the share of each policy's jobs; a limit belongs to its class", () => {
    const classes = classifyWaits([seconds(0, 1, 30, 45), seconds(31, 100)]);
    expect(classes).toEqual([
      { label: "at once", shares: [0.5, 0] },
      { label: "up to 30s", shares: [0.25, 0] },
      { label: "up to 1m", shares: [0.25, 0.5] },
      { label: "up to 2m", shares: [0, 0.5] },
    ]);
  });

  test("end with one that has no limit if a job waited for longer than an hour", () => {
    expect(classifyWaits([seconds(3601)]).at(-1)).toEqual({ label: "over 1h", shares: [1] });
    expect(classifyWaits([seconds(3600)]).at(-1)).toEqual({ label: "up to 1h", shares: [1] });
  });

  test("are finer if no job waits for longer than 30 s", () => {
    const labels = classifyWaits([seconds(0, 14)]).map(({ label }) => label);
    expect(labels).toEqual(["at once", "up to 5s", "up to 10s", "up to 15s"]);
  });

  test("are empty shares if there are no jobs", () => {
    expect(classifyWaits([seconds()])).toEqual([{ label: "at once", shares: [0] }]);
  });

  test("contain every job once", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 10_000_000 }), { minLength: 1 }), (waits) => {
        const shares = classifyWaits([Float64Array.from(waits).sort()]).map((one) => one.shares[0]);
        expect(shares.reduce((total = 0, share = 0) => total + share, 0)).toBeCloseTo(1, 10);
      }),
    );
  });
});
