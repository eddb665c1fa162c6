import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { appearanceMs } from "../../../simulation/fleet/options.ts";
import { mergeByTime } from "../../../simulation/workloads/merge-by-time.ts";
import { createJob, msAfterStart } from "../../support/fleet.ts";

describe("mergeByTime", () => {
  test("returns the jobs of all streams in the order of appearance", () => {
    const a = [createJob(1, 1, "a"), createJob(4, 1, "a")];
    const b = [createJob(2, 1, "b"), createJob(3, 1, "b"), createJob(9, 1, "b")];
    expect([...mergeByTime([a, b])]).toEqual([a[0], b[0], b[1], a[1], b[2]]);
  });

  test("returns jobs of the same time in the order of their streams", () => {
    const [a, b] = [createJob(1, 1, "a"), createJob(1, 1, "b")];
    expect([...mergeByTime([[a], [], [b]])]).toEqual([a, b]);
  });

  test("uses the time at which a job begins to wait, not the time at which it may run", () => {
    const held = { ...createJob(50, 1, "held"), waitingSinceMs: msAfterStart(2) };
    const others = [createJob(1, 1), createJob(3, 1)];
    expect(appearanceMs(held)).toBe(msAfterStart(2));
    expect([...mergeByTime([others, [held]])]).toEqual([others[0], held, others[1]]);
  });

  test("returns nothing for no streams", () => {
    expect([...mergeByTime([])]).toEqual([]);
  });

  test("reads one job at a time, so that a stream can be endless", () => {
    function* endless() {
      for (let second = 0; ; second += 2) yield createJob(second, 1, "endless");
    }
    const stream = mergeByTime([endless(), [createJob(3, 1, "b")]]);
    const first = [0, 1, 2, 3].map(() => stream.next().value?.queue);
    expect(first).toEqual(["endless", "endless", "b", "endless"]); // 0, 2, 3, 4
  });

  test("returns every job in order, for any streams", () => {
    const stream = fc.array(fc.nat(100)).map((times) => times.toSorted((x, y) => x - y));
    fc.assert(
      fc.property(fc.array(stream, { maxLength: 5 }), (streams) => {
        const jobs = streams.map((times, index) =>
          times.map((time) => createJob(time, 1, `${index}`)),
        );
        const times = [...mergeByTime(jobs)].map(appearanceMs);
        expect(times).toEqual(streams.flat().map(msAfterStart).sort());
      }),
    );
  });
});
