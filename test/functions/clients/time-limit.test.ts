import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pause, rejectOnAbort, runWithTimeLimit } from "../../../functions/clients/time-limit.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: 0 });
});

afterEach(() => {
  vi.useRealTimers();
});

const never = new AbortController().signal;

/** Work that goes on until it is told to stop. */
function endless(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("stopped")));
  });
}

describe("work within a limit", () => {
  test("gives what it gives, and leaves no timer behind", async () => {
    expect(await runWithTimeLimit(5000, never, async () => "done")).toBe("done");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("rejects with what it rejects with, and leaves no timer behind", async () => {
    const failing = runWithTimeLimit(5000, never, async () => {
      throw new RangeError("its own");
    });
    await expect(failing).rejects.toThrow("its own");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is told to stop at the limit, and can tell that from its own failures", async () => {
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

  test("is told to stop by the signal around it, which is no limit hit", async () => {
    const outer = new AbortController();
    setTimeout(() => outer.abort(), 2000);
    const limited = runWithTimeLimit(5000, outer.signal, (signal, expired) =>
      endless(signal).catch(() => [Date.now(), expired()]),
    );
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await limited).toEqual([2000, false]);
  });

  test("begins stopped where the signal around it has aborted already", async () => {
    const aborted = await runWithTimeLimit(
      5000,
      AbortSignal.abort(),
      async (signal) => signal.aborted,
    );
    expect(aborted).toBe(true);
  });
});

describe("a pause", () => {
  test("ends by itself", async () => {
    const paused = pause(300, never).then(() => Date.now());
    await vi.advanceTimersByTimeAsync(1000);
    expect(await paused).toBe(300);
  });

  test("ends when the signal aborts, and leaves no timer behind", async () => {
    const controller = new AbortController();
    const paused = pause(300, controller.signal).then(() => Date.now());
    await vi.advanceTimersByTimeAsync(100);
    controller.abort();
    expect(await paused).toBe(100);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("work that knows no signal", () => {
  test("is waited for", async () => {
    expect(await rejectOnAbort(never, Promise.resolve("done"))).toBe("done");
    await expect(rejectOnAbort(never, Promise.reject(new Error("its own")))).rejects.toThrow(
      "its own",
    );
  });

  test("is waited for no longer once the signal aborts, or where it has already", async () => {
    const controller = new AbortController();
    const waiting = rejectOnAbort(controller.signal, new Promise(() => undefined));
    controller.abort(new RangeError("time is up"));
    await expect(waiting).rejects.toThrow("time is up");
    const late = rejectOnAbort(controller.signal, new Promise(() => undefined));
    await expect(late).rejects.toThrow("time is up");
  });
});
