import { afterAll, expect, test } from "vitest";
import { sandbox, world } from "../support/sandbox.ts";
import { countSecretReads, listRequests, runAll } from "../support/sandboxed-loop.ts";
import { delay } from "../support/step.ts";

afterAll(() => expect(countSecretReads()).toEqual([]));

const scalers = [
  { queue: "default", group: "web", agentsPerInstance: 1, scaleIn: { cooldown: "1m" } },
];
const NINE = { scheduledAt: "2026-01-05T09:00:00Z", scalers };
const THREE_PAST = { scheduledAt: "2026-01-05T09:03:00Z", scalers };

/** The old loop's slot ends at 09:04:00, where the new loop's begins. */
const BOTH = [
  { at: "09:00:20", input: NINE },
  { at: "09:03:50", input: THREE_PAST },
];

test("the old loop's scale-in that has no answer is not repeated after the new loop's scale-out", async () => {
  world.setGroup("web", { desired: 20, max: 50 });
  world.setQueue("default", { running: 20, busy: 20 });
  const hangOnce = () => {
    world.setQueue("default", { running: 2, busy: 2, idle: 18 });
    // The poll of 09:03:50 has its facts after 4.5 s and writes the tag in 2 s. Its scale-in is sent at
    // 09:03:56.5 and would be repeated 5 s later.
    sandbox.faults.add({ service: "Buildkite", times: 1, fault: { before: delay(4500) } });
    sandbox.faults.add({
      service: "AutoScaling",
      action: "CreateOrUpdateTags",
      times: 1,
      fault: { before: delay(2000) },
    });
    sandbox.faults.add({
      service: "AutoScaling",
      action: "SetDesiredCapacity",
      times: 1,
      fault: "hang",
    });
  };
  await runAll(BOTH, {
    "09:03:45": hangOnce,
    "09:03:57": () => {
      world.setGroup("web", { desired: 6, max: 50 });
      world.setQueue("default", { scheduled: 14, running: 6, busy: 6 });
    },
  });
  expect(listRequests("SetDesiredCapacity")).toEqual(["09:03:56 web", "09:04:00 web"]);
  expect(world.commands).toEqual([{ group: "web", desired: 20 }]);
});
