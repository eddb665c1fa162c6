import { COLUMNS, type Mark, type TraceColumns } from "./report-model.ts";
import { VarintReader, VarintWriter } from "./varint.ts";

/** A trace as the page works with it. */
export interface DecodedTrace extends TraceColumns {
  timesMs: Float64Array;
  demand: Float64Array;
  agents: Float64Array;
  inService: Float64Array;
  desired: Float64Array;
  decisions: Mark[];
}

/**
 * A trace in few bytes: each column as differences from row to row, which are mostly 0 or small, and each
 * different reason once. Values are whole numbers, times are rounded to milliseconds.
 */
export function encodeTrace(trace: TraceColumns): Uint8Array {
  const writer = new VarintWriter();
  writer.unsigned(trace.timesMs.length);
  writeColumn(writer, trace.timesMs);
  for (const column of COLUMNS) writeColumn(writer, trace[column]);
  writeDecisions(writer, trace.decisions);
  return writer.bytes();
}

/**
 * What {@link encodeTrace} was given.
 * @throws RangeError where bytes are missing
 */
export function decodeTrace(bytes: Uint8Array): DecodedTrace {
  const reader = new VarintReader(bytes);
  const length = reader.unsigned();
  return {
    timesMs: readColumn(reader, length),
    demand: readColumn(reader, length),
    agents: readColumn(reader, length),
    inService: readColumn(reader, length),
    desired: readColumn(reader, length),
    decisions: readDecisions(reader),
  };
}

function writeColumn(writer: VarintWriter, values: ArrayLike<number>): void {
  let last = 0;
  for (let row = 0; row < values.length; row += 1) {
    const value = Math.round(values[row] ?? 0);
    writer.signed(value - last);
    last = value;
  }
}

function readColumn(reader: VarintReader, length: number): Float64Array {
  const values = new Float64Array(length);
  let last = 0;
  for (let row = 0; row < length; row += 1) {
    last += reader.signed();
    values[row] = last;
  }
  return values;
}

function writeDecisions(writer: VarintWriter, decisions: readonly Mark[]): void {
  const numbers = new Map<string, number>();
  for (const reason of decisions.flatMap(({ reasons }) => reasons)) {
    if (!numbers.has(reason)) numbers.set(reason, numbers.size);
  }
  writer.unsigned(numbers.size);
  for (const reason of numbers.keys()) writer.text(reason);
  writer.unsigned(decisions.length);
  let lastMs = 0;
  for (const { atMs, action, from, to, reasons } of decisions) {
    writer.signed(Math.round(atMs) - lastMs);
    lastMs = Math.round(atMs);
    writer.unsigned(action === "scale-out" ? 1 : 0);
    writer.unsigned(from);
    writer.unsigned(to);
    writer.unsigned(reasons.length);
    for (const reason of reasons) writer.unsigned(numbers.get(reason) ?? 0);
  }
}

function readDecisions(reader: VarintReader): Mark[] {
  const known = Array.from({ length: reader.unsigned() }, () => reader.text());
  let atMs = 0;
  return Array.from({ length: reader.unsigned() }, () => {
    atMs += reader.signed();
    const action = reader.unsigned() === 1 ? "scale-out" : "scale-in";
    const from = reader.unsigned();
    const to = reader.unsigned();
    const reasons = Array.from({ length: reader.unsigned() }, () => known[reader.unsigned()] ?? "");
    return { atMs, action, from, to, reasons };
  });
}
