import { CsvError, type InfoRecord, parse } from "csv-parse/sync";
import { plural } from "../../functions/core/plural.ts";
import { findNearestName } from "../../functions/core/problems.ts";
import type { Job } from "../fleet/options.ts";
import { formatValue, type JobCollector } from "./job-collector.ts";
import { parseTimeMs, TIME_PATTERN } from "./parse-time.ts";

const COLUMNS = ["scheduled_at", "queue", "duration_seconds"] as const;
type Column = (typeof COLUMNS)[number];

/** The index of each column, and the number of all columns. */
type Header = Readonly<Record<Column, number>> & { count: number };

/** A problem with a row; `column` is absent if the whole row is wrong. */
interface RowProblem {
  column?: Column | "header";
  what: string;
}

/**
 * Reads a CSV of jobs: a header with `scheduled_at`, `queue` and `duration_seconds` in any order, then
 * one job per row. Other columns are ignored. Each bad row is a problem with its file and line.
 */
export function readCsv(text: string, file: string, into: JobCollector): void {
  const rows = new Rows(file, into);
  try {
    // The library counts two lines for a CRLF within quotes, so line breaks become one character.
    parse(text.replaceAll("\r\n", "\n"), {
      record_delimiter: "\n",
      skip_empty_lines: true,
      // Accepted here, so that a stray quote makes only its own row wrong; the checks below find it.
      relax_column_count: true,
      relax_quotes: true,
      on_record: (fields: string[], { lines }: InfoRecord) => rows.readNext(fields, lines),
    });
  } catch (error) {
    if (!(error instanceof CsvError) || error.code !== "CSV_QUOTE_NOT_CLOSED") throw error;
    rows.endWithinQuotes();
  }
}

/** The rows of one file. If the header is wrong, that is the only problem of the file. */
class Rows {
  readonly #file: string;
  readonly #into: JobCollector;
  #header: Header | "unusable" | undefined;
  #lastLine = 0;

  constructor(file: string, into: JobCollector) {
    this.#file = file;
    this.#into = into;
  }

  /** Reads the next row, which ends on line `lastLine`. Returns null, so that the library does not keep it. */
  readNext(fields: string[], lastLine: number): null {
    this.#lastLine = lastLine;
    if (this.#header === undefined) this.#readHeader(fields);
    else if (this.#header !== "unusable") this.#readRow(fields, this.#header);
    return null;
  }

  /** The file ended within a quoted field. */
  endWithinQuotes(): void {
    const what = "a quote opens here or further down and is never closed; allowed: pairs of quotes";
    this.#addProblem(this.#lastLine + 1, { what });
  }

  #readHeader(fields: string[]): void {
    const header = parseHeader(fields.map((field) => field.trim()));
    const isHeader = "count" in header;
    this.#header = isHeader ? header : "unusable";
    if (!isHeader) this.#addProblem(this.#firstLine(fields), header);
  }

  #readRow(fields: string[], header: Header): void {
    const job = parseJob(fields, header);
    if (job !== undefined) {
      this.#into.jobs.push(job);
      return;
    }
    const line = this.#firstLine(fields);
    for (const problem of findRowProblems(fields, header)) this.#addProblem(line, problem);
  }

  /** Returns the line on which a row begins: a quoted field can contain line breaks. */
  #firstLine(fields: readonly string[]): number {
    const breaks = fields.map((field) => field.split("\n").length - 1);
    return breaks.reduce((line, count) => line - count, this.#lastLine);
  }

  #addProblem(line: number, { column, what }: RowProblem): void {
    const location = `${this.#file}:${line}`;
    this.#into.problems.push({
      where: column === undefined ? location : `${location}: ${column}`,
      what,
    });
  }
}

function parseHeader(names: readonly string[]): Header | RowProblem {
  const wrong = COLUMNS.flatMap((column) => {
    const times = names.filter((name) => name === column).length;
    if (times === 1) return [];
    return times === 0 ? [describeMissing(column, names)] : [`"${column}" is there ${times} times`];
  });
  if (wrong.length === 0) return findPositions(names);
  const allowed = `allowed: ${COLUMNS.join(",")} once each, in any order; others are ignored`;
  return { column: "header", what: `${wrong.join("; ")}; ${allowed}` };
}

function findPositions(names: readonly string[]): Header {
  return {
    scheduled_at: names.indexOf("scheduled_at"),
    queue: names.indexOf("queue"),
    duration_seconds: names.indexOf("duration_seconds"),
    count: names.length,
  };
}

function describeMissing(column: Column, names: readonly string[]): string {
  const others = names.filter((name) => !COLUMNS.some((known) => known === name));
  const instead = findNearestName(column, others);
  const hint = instead === undefined ? "" : ` (is ${formatValue(instead)} meant?)`;
  return `"${column}" is missing${hint}`;
}

/** Parses a row; undefined if anything is wrong with it. */
function parseJob(fields: readonly string[], header: Header): Job | undefined {
  if (fields.length !== header.count) return undefined;
  const scheduledMs = parseTimeMs(readField(fields, header.scheduled_at));
  const queue = parseQueue(readField(fields, header.queue));
  const durationMs = parseDurationMs(readField(fields, header.duration_seconds));
  if (scheduledMs === undefined || queue === undefined || durationMs === undefined) {
    return undefined;
  }
  return { queue, scheduledMs, durationMs };
}

/** Returns everything that is wrong with a row. */
function findRowProblems(fields: readonly string[], header: Header): RowProblem[] {
  if (fields.length !== header.count) {
    const allowed = `allowed: ${header.count}, as in the header`;
    return [{ what: `the row has ${plural(fields.length, "field")}; ${allowed}` }];
  }
  return COLUMNS.flatMap((column) => {
    const { parse: parseField, allowed } = FIELDS[column];
    const value = readField(fields, header[column]);
    if (parseField(value) !== undefined) return [];
    const isWhat = value === "" ? "is empty" : `${formatValue(value)} is not allowed`;
    return [{ column, what: `${isWhat}; allowed: ${allowed}` }];
  });
}

function readField(fields: readonly string[], index: number): string {
  return (fields[index] ?? "").trim();
}

/** A quote that is left in a field is misplaced: no queue name contains quotes or control characters. */
const NEVER_IN_QUEUE_NAME = /["\p{Cc}]/u;

function parseQueue(text: string): string | undefined {
  return text === "" || NEVER_IN_QUEUE_NAME.test(text) ? undefined : text;
}

const DECIMAL = /^\d+(\.\d+)?$/;

/** Rounds to whole milliseconds, as the fleet's clock needs. */
function parseDurationMs(text: string): number | undefined {
  const durationMs = DECIMAL.test(text) ? Math.round(Number(text) * 1000) : Number.NaN;
  return Number.isSafeInteger(durationMs) ? durationMs : undefined;
}

/** How the field of a column is parsed, and which values are allowed. */
const FIELDS: Readonly<
  Record<Column, { parse: (text: string) => string | number | undefined; allowed: string }>
> = {
  scheduled_at: { parse: parseTimeMs, allowed: TIME_PATTERN },
  queue: { parse: parseQueue, allowed: "the name of a queue, without quotes" },
  duration_seconds: {
    parse: parseDurationMs,
    allowed: "seconds as a decimal number of at least 0, such as 90 or 12.5",
  },
};
