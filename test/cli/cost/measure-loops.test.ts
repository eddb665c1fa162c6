import { expect, test } from "vitest";
import { measureLoops } from "../../../cli/cost/measure-loops.ts";
import { runInVirtualTime } from "../../../local/engine/virtual-time.ts";

test("every number of queues is measured in the same sandbox", async () => {
  const sizes: number[] = [];
  const [one = [], , three = []] = await runInVirtualTime(Date.now(), () =>
    measureLoops([1, 1, 3], { listens: true, onSize: (size) => sizes.push(size) }),
  );
  expect(sizes).toEqual([1, 3]);
  for (const [loop] of [one, three]) {
    expect(loop?.scalingPoll).toBeGreaterThan((loop?.quietPoll ?? 0) * 1.5);
    expect(loop?.publishingPoll).toBeGreaterThan((loop?.quietPoll ?? 0) * 1.5);
    // A Task of five events, a Choice of two, of 500 to 1,000 bytes each.
    expect(loop?.listening).toBeGreaterThan(3500);
    expect(loop?.listening).toBeLessThan(7000);
  }
});
