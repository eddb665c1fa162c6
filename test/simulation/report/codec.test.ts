import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeTrace, encodeTrace } from "../../../simulation/report/codec.ts";
import type { Mark, TraceColumns } from "../../../simulation/report/report-model.ts";
import { VarintReader, VarintWriter } from "../../../simulation/report/varint.ts";

const EMPTY: TraceColumns = {
  timesMs: [],
  demand: [],
  agents: [],
  inService: [],
  desired: [],
  decisions: [],
};

const count = fc.nat({ max: 100_000 });

const mark: fc.Arbitrary<Mark> = fc.record({
  atMs: fc.nat({ max: 4_000_000_000_000 }),
  action: fc.constantFrom("scale-out" as const, "scale-in" as const),
  from: count,
  to: count,
  reasons: fc.array(fc.string({ unit: "grapheme" }), { maxLength: 3 }),
});

const drawn: fc.Arbitrary<TraceColumns> = fc.nat({ max: 40 }).chain((rows) => {
  const column = fc.array(count, { minLength: rows, maxLength: rows });
  const times = fc.array(fc.nat({ max: 4_000_000_000_000 }), { minLength: rows, maxLength: rows });
  return fc.record({
    timesMs: times,
    demand: column,
    agents: column,
    inService: column,
    desired: column,
    decisions: fc.array(mark, { maxLength: 10 }),
  });
});

function plain(trace: TraceColumns): TraceColumns {
  const { timesMs, demand, agents, inService, desired, decisions } = trace;
  return {
    timesMs: Array.from(timesMs),
    demand: Array.from(demand),
    agents: Array.from(agents),
    inService: Array.from(inService),
    desired: Array.from(desired),
    decisions,
  };
}

describe("a trace that is encoded", () => {
  test("comes back as it was", () => {
    fc.assert(
      fc.property(drawn, (trace) => {
        expect(plain(decodeTrace(encodeTrace(trace)))).toEqual(trace);
      }),
    );
  });

  test("is as short as its changes are: a byte for each value that stays close", () => {
    const row = (value: number) => new Array(100).fill(value);
    const trace = {
      ...EMPTY,
      timesMs: row(0),
      demand: row(3),
      agents: row(0),
      inService: row(0),
      desired: row(0),
    };
    // 1 for the length, 5 columns of 100, 1 for no reasons, 1 for no decisions
    expect(encodeTrace(trace)).toHaveLength(1 + 5 * 100 + 1 + 1);
  });

  test("has a reason once, however many decisions give it", () => {
    const because: Mark = { atMs: 0, action: "scale-in", from: 1, to: 0, reasons: ["0 jobs"] };
    const once = encodeTrace({ ...EMPTY, decisions: [because] });
    const twice = encodeTrace({ ...EMPTY, decisions: [because, because] });
    // time, action, from, to, how many reasons, which one: a byte each
    expect(twice.length - once.length).toBe(6);
  });

  test("that was cut short is refused", () => {
    const bytes = encodeTrace({ ...EMPTY, decisions: [] });
    expect(() => decodeTrace(bytes.subarray(0, 1))).toThrow(
      new RangeError("the trace is cut short"),
    );
  });
});

describe("a whole number", () => {
  test.each([
    [0, [0]],
    [-1, [1]],
    [1, [2]],
    [63, [126]],
    // 128 = 1 * 128 + 0: the low seven bits first, with the sign that more follow
    [64, [0x80, 1]],
    // of the size of epoch milliseconds: doubled 2^41, so five bytes of seven empty bits, then 2^6
    [2 ** 40, [0x80, 0x80, 0x80, 0x80, 0x80, 0x40]],
  ])("%i is written as it should be", (value, bytes) => {
    const writer = new VarintWriter();
    writer.signed(value);
    expect([...writer.bytes()]).toEqual(bytes);
  });

  test("of any size is read as it was written", () => {
    const whole = fc.integer({ min: -(2 ** 51), max: 2 ** 51 });
    fc.assert(
      fc.property(fc.array(whole), (values) => {
        const writer = new VarintWriter();
        for (const value of values) writer.signed(value);
        const reader = new VarintReader(writer.bytes());
        expect(values.map(() => reader.signed())).toEqual(values);
      }),
    );
  });
});
