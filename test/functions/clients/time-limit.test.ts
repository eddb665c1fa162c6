import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pause, rejectOnAbort, runWithTimeLimit } from "../../../functions/clients/time-limit.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: 0 });
});

afterEach(() => {
  vi.useRealTimers();
});

const never = new AbortController().signal;

/** Work that runs until its signal aborts. */
function endless(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("stopped")));
  });
}

describe("work with a time limit", () => {
  test("returns its result and leaves no timer", async () => {
    expect(await runWithTimeLimit(5000, never, async () => "done")).toBe("done");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("rejects with its own error and leaves no timer", async () => {
    const failing = runWithTimeLimit(5000, never, async () => {
      throw new RangeError("its own");
    });
    await expect(failing).rejects.toThrow("its own");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is aborted at the limit, and knows that the limit was the reason", async () => {
    const toldAt: number[] = [];
    const limited = runWithTimeLimit(5000, never, (signal, expired) =>
      endless(signal).catch(() => {
        toldAt.push(Date.now());
        return expired();
      }),
    );
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await limited).toBe(true);
    expect(toldAt).toEqual([5000]);
  });

  test("is aborted by the outer signal, which does not count as the limit", async () => {
    const outer = new AbortController();
    setTimeout(() => outer.abort(), 2000);
    const limited = runWithTimeLimit(5000, outer.signal, (signal, expired) =>
      endless(signal).catch(() => [Date.now(), expired()]),
    );
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await limited).toEqual([2000, false]);
  });

  test("starts aborted if the outer signal has aborted before", async () => {
    const aborted = await runWithTimeLimit(
      5000,
      AbortSignal.abort(),
      async (signal) => signal.aborted,
    );
    expect(aborted).toBe(true);
  });
});

describe("a pause", () => {
  test("ends after its time", async () => {
    const paused = pause(300, never).then(() => Date.now());
    await vi.advanceTimersByTimeAsync(1000);
    expect(await paused).toBe(300);
  });

  test("ends when the signal aborts, and leaves no timer", async () => {
    const controller = new AbortController();
    const paused = pause(300, controller.signal).then(() => Date.now());
    await vi.advanceTimersByTimeAsync(100);
    controller.abort();
    expect(await paused).toBe(100);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("work that ignores the signal", () => {
  test("is waited for", async () => {
    expect(await rejectOnAbort(never, Promise.resolve("done"))).toBe("done");
    await expect(rejectOnAbort(never, Promise.reject(new Error("its own")))).rejects.toThrow(
      "its own",
    );
  });

  test("is no longer waited for once the signal has aborted", async () => {
    const controller = new AbortController();
    const waiting = rejectOnAbort(controller.signal, new Promise(() => undefined));
    controller.abort(new RangeError("time is up"));
    await expect(waiting).rejects.toThrow("time is up");
    const late = rejectOnAbort(controller.signal, new Promise(() => undefined));
    await expect(late).rejects.toThrow("time is up");
  });
});
