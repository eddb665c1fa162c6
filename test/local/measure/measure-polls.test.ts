import { expect, test } from "vitest";
import { runInVirtualTime } from "../../../local/engine/virtual-time.ts";
import { measureQuietPoll } from "../../../local/measure/measure-polls.ts";
import { startMeasurement } from "../../../local/measure/measured-loop.ts";
import { delay } from "../../support/step.ts";

test("a poll has the same figures on a machine that is too busy for every beat", async () => {
  const [idle, busy] = await runInVirtualTime(Date.now(), async () => {
    const createLoop = await startMeasurement(() => Date.now());
    const measured = await measureQuietPoll(createLoop(2));
    const loop = createLoop(2);
    loop.sandbox.faults.add({ service: "AutoScaling", times: 1, fault: { before: delay(2500) } });
    const delayed = await measureQuietPoll(loop);
    await loop.sandbox.close();
    return [measured, delayed];
  });
  expect(busy).toEqual(idle);
});
