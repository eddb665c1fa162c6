import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { createStopSignal } from "../../../cli/terminal/stop-signal.ts";

/** A process that receives signals at given times, in milliseconds. */
function createHost() {
  const events = new EventEmitter();
  const exits: (number | undefined)[] = [];
  let nowMs = 0;
  const signal = createStopSignal(
    {
      on: (name, listener) => events.on(name, listener),
      exit: (code) => void exits.push(code),
    },
    () => nowMs,
  );
  const receive = (name: NodeJS.Signals, atMs: number) => {
    nowMs = atMs;
    events.emit(name, name);
  };
  return { signal, exits, receive };
}

describe("the stop signal", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("is aborted by the first %s", (name) => {
    const { signal, exits, receive } = createHost();
    expect(signal.aborted).toBe(false);
    receive(name, 5000);
    expect([signal.aborted, exits]).toEqual([true, []]);
  });

  test("takes two signals of the same press as one: npm forwards what the terminal has sent", () => {
    const { exits, receive } = createHost();
    for (const atMs of [5000, 5001, 5300]) receive("SIGINT", atMs);
    expect(exits).toEqual([]);
  });

  test("ends the process at the second press, with the code of the signal", () => {
    const { exits, receive } = createHost();
    receive("SIGINT", 5000);
    receive("SIGINT", 5301);
    receive("SIGTERM", 5302);
    expect(exits).toEqual([130, 143]); // 128 + 2, 128 + 15
  });
});
