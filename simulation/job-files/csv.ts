import { CsvError, type InfoRecord, parse } from "csv-parse/sync";
import { plural } from "../../functions/core/plural.ts";
import { findNearestName } from "../../functions/core/problems.ts";
import type { Job } from "../fleet/options.ts";
import { formatValue, type JobCollector } from "./job-collector.ts";
import { parseTimeMs, TIME_PATTERN } from "./parse-time.ts";

const COLUMNS = ["scheduled_at", "queue", "duration_seconds"] as const;
type Column = (typeof COLUMNS)[number];

/** Where each column stands, and how many there are in all. */
type Header = Readonly<Record<Column, number>> & { count: number };

/** One thing wrong with a row; `column` is absent where it is the row as a whole. */
interface RowProblem {
  column?: Column | "header";
  what: string;
}

/**
 * Reads a CSV of jobs: a header with `scheduled_at`, `queue` and `duration_seconds` in any order, and
 * a job a row. Other columns are ignored. Every bad row is a problem that names file and line.
 */
export function readCsv(text: string, file: string, into: JobCollector): void {
  const rows = new Rows(file, into);
  try {
    // A line break is one character: the library counts two lines for a CRLF within quotes.
    parse(text.replaceAll("\r\n", "\n"), {
      record_delimiter: "\n",
      skip_empty_lines: true,
      // Taken as they stand, so that a stray quote spoils its own row and none of those behind it.
      relax_column_count: true,
      relax_quotes: true,
      on_record: (fields: string[], { lines }: InfoRecord) => rows.next(fields, lines),
    });
  } catch (error) {
    if (!(error instanceof CsvError) || error.code !== "CSV_QUOTE_NOT_CLOSED") throw error;
    rows.endsWithinQuotes();
  }
}

/** The rows of one file. A header that cannot be used is the only problem of its file. */
class Rows {
  readonly #file: string;
  readonly #into: JobCollector;
  #header: Header | "unusable" | undefined;
  #lastLine = 0;

  constructor(file: string, into: JobCollector) {
    this.#file = file;
    this.#into = into;
  }

  /** Takes the next row, which ends on line `lastLine`. Gives null: the library need not keep it. */
  next(fields: string[], lastLine: number): null {
    this.#lastLine = lastLine;
    if (this.#header === undefined) this.#readHeader(fields);
    else if (this.#header !== "unusable") this.#readRow(fields, this.#header);
    return null;
  }

  endsWithinQuotes(): void {
    const what = "a quote is opened from here on and never closed; allowed: quotes in pairs";
    this.#add(this.#lastLine + 1, { what });
  }

  #readHeader(fields: string[]): void {
    const header = parseHeader(fields.map((field) => field.trim()));
    const isHeader = "count" in header;
    this.#header = isHeader ? header : "unusable";
    if (!isHeader) this.#add(this.#firstLine(fields), header);
  }

  #readRow(fields: string[], header: Header): void {
    const job = parseJob(fields, header);
    if (job !== undefined) this.#into.jobs.push(job);
    else
      for (const fault of findRowProblems(fields, header))
        this.#add(this.#firstLine(fields), fault);
  }

  /** A field in quotes may hold line breaks. */
  #firstLine(fields: readonly string[]): number {
    const breaks = fields.map((field) => field.split("\n").length - 1);
    return breaks.reduce((line, count) => line - count, this.#lastLine);
  }

  #add(line: number, { column, what }: RowProblem): void {
    const place = `${this.#file}:${line}`;
    this.#into.problems.push({
      where: column === undefined ? place : `${place}: ${column}`,
      what,
    });
  }
}

function parseHeader(names: readonly string[]): Header | RowProblem {
  const wrong = COLUMNS.flatMap((column) => {
    const times = names.filter((name) => name === column).length;
    if (times === 1) return [];
    return times === 0 ? [describeMissing(column, names)] : [`"${column}" stands ${times} times`];
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

/** The job of a row; undefined where anything is wrong with it. */
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

/** Everything that is wrong with a row. */
function findRowProblems(fields: readonly string[], header: Header): RowProblem[] {
  if (fields.length !== header.count) {
    const allowed = `allowed: ${header.count}, as in the header`;
    return [{ what: `the row has ${plural(fields.length, "field")}; ${allowed}` }];
  }
  return COLUMNS.flatMap((column) => {
    const { read, allowed } = FIELDS[column];
    const value = readField(fields, header[column]);
    if (read(value) !== undefined) return [];
    const isWhat = value === "" ? "is empty" : `${formatValue(value)} is not allowed`;
    return [{ column, what: `${isWhat}; allowed: ${allowed}` }];
  });
}

function readField(fields: readonly string[], index: number): string {
  return (fields[index] ?? "").trim();
}

/** No queue is called so: quotes left in a field are those that the row got wrong. */
const NEVER_IN_QUEUE_NAME = /["\p{Cc}]/u;

function parseQueue(text: string): string | undefined {
  return text === "" || NEVER_IN_QUEUE_NAME.test(text) ? undefined : text;
}

const DECIMAL = /^\d+(\.\d+)?$/;

/** To the millisecond, as the fleet's clock has it. */
function parseDurationMs(text: string): number | undefined {
  const durationMs = DECIMAL.test(text) ? Math.round(Number(text) * 1000) : Number.NaN;
  return Number.isSafeInteger(durationMs) ? durationMs : undefined;
}

/** How the field of a column is read, and what may stand there. */
const FIELDS: Readonly<
  Record<Column, { read: (text: string) => string | number | undefined; allowed: string }>
> = {
  scheduled_at: { read: parseTimeMs, allowed: TIME_PATTERN },
  queue: { read: parseQueue, allowed: "the name of a queue, without quotes" },
  duration_seconds: {
    read: parseDurationMs,
    allowed: "seconds as a decimal number of at least 0, such as 90 or 12.5",
  },
};
