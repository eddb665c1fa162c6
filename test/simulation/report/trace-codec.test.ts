import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TraceColumns } from "../../../simulation/report/report-model.ts";
import { decodeTrace, encodeTrace } from "../../../simulation/report/trace-codec.ts";
import type { TracedDecision } from "../../../simulation/trace.ts";

const EMPTY: TraceColumns = {
  timesMs: [],
  demand: [],
  agents: [],
  inService: [],
  desired: [],
  decisions: [],
  interruptions: [],
};

const count = fc.nat({ max: 100_000 });
const epochMs = fc.nat({ max: 4_000_000_000_000 });

const decision: fc.Arbitrary<TracedDecision> = fc.record({
  atMs: epochMs,
  action: fc.constantFrom("scale-out" as const, "scale-in" as const),
  from: count,
  to: count,
  reasons: fc.array(fc.string({ unit: "grapheme" }), { maxLength: 3 }),
});

const trace: fc.Arbitrary<TraceColumns> = fc.nat({ max: 40 }).chain((rows) => {
  const column = fc.array(count, { minLength: rows, maxLength: rows });
  return fc.record({
    timesMs: fc.array(epochMs, { minLength: rows, maxLength: rows }),
    demand: column,
    agents: column,
    inService: column,
    desired: column,
    decisions: fc.array(decision, { maxLength: 10 }),
    interruptions: fc.array(fc.record({ atMs: epochMs, jobs: count }), { maxLength: 5 }),
  });
});

function toPlainArrays(columns: TraceColumns): TraceColumns {
  const { timesMs, demand, agents, inService, desired, decisions, interruptions } = columns;
  return {
    timesMs: Array.from(timesMs),
    demand: Array.from(demand),
    agents: Array.from(agents),
    inService: Array.from(inService),
    desired: Array.from(desired),
    decisions,
    interruptions,
  };
}

describe("an encoded trace", () => {
  test("decodes to the same trace", () => {
    fc.assert(
      fc.property(trace, (original) => {
        expect(toPlainArrays(decodeTrace(encodeTrace(original)))).toEqual(original);
      }),
    );
  });

  test("has times and values as whole numbers", () => {
    const column = [0.4, 1.6];
    const encoded = encodeTrace({
      timesMs: [1000.4, 2000.6],
      demand: column,
      agents: column,
      inService: column,
      desired: column,
      decisions: [{ atMs: 1000.4, action: "scale-in", from: 1, to: 0, reasons: [] }],
      interruptions: [],
    });
    const { timesMs, desired, decisions } = decodeTrace(encoded);
    expect([...timesMs]).toEqual([1000, 2001]);
    expect([...desired]).toEqual([0, 2]);
    expect(decisions[0]?.atMs).toBe(1000);
  });

  test("holds differences between rows, without trailing zeros", () => {
    const encoded = encodeTrace({
      ...EMPTY,
      timesMs: [1_767_571_200_000, 1_767_571_210_000, 1_767_571_210_500],
      demand: [3, 5, 5],
      agents: [0, 0, 0],
      inService: [0, 0, 1],
      desired: [2, 2, 2],
    });
    // time, demand, agents, in service, desired
    expect(JSON.parse(encoded).rows).toEqual([
      [1_767_571_200_000, 3, 0, 0, 2],
      [10_000, 2],
      [500, 0, 0, 1],
    ]);
  });

  test("takes less than a byte for each value that does not change, after deflate", () => {
    const rows = 1000;
    const column = new Array(rows).fill(7);
    const encoded = encodeTrace({
      ...EMPTY,
      timesMs: column.map((_, row) => row * 10_000),
      demand: column,
      agents: column,
      inService: column,
      desired: column,
    });
    expect(deflateSync(encoded).length).toBeLessThan(rows);
  });

  test("holds each reason once, however many decisions have it", () => {
    const scaleIn: TracedDecision = {
      atMs: 0,
      action: "scale-in",
      from: 1,
      to: 0,
      reasons: ["0 jobs"],
    };
    const encoded = encodeTrace({ ...EMPTY, decisions: [scaleIn, scaleIn] });
    expect(encoded.match(/0 jobs/g)).toHaveLength(1);
    expect(decodeTrace(encoded).decisions).toEqual([scaleIn, scaleIn]);
  });

  test("cannot be decoded if its end is missing", () => {
    fc.assert(
      fc.property(
        trace,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (whole, share) => {
          const encoded = encodeTrace(whole);
          const incomplete = encoded.slice(0, Math.floor(encoded.length * share));
          expect(() => decodeTrace(incomplete)).toThrow(SyntaxError);
        },
      ),
    );
  });
});
