import { readFileSync } from "node:fs";
import { describeReadError } from "../../config/read-file.ts";
import type { Problem } from "../../functions/core/problems.ts";
import { appearanceMs, type Job } from "../fleet/options.ts";
import { BuildsReader } from "./builds.ts";
import { readCsv } from "./csv.ts";
import { JobCollector } from "./job-collector.ts";
import { isJson } from "./json-documents.ts";
import { decodeUtf8, stripByteOrderMark } from "./utf8.ts";

/** How job files are read. */
export interface JobFileOptions {
  /** The queue of jobs whose agent query rules name none. Default: such jobs are skipped. */
  defaultQueue?: string | undefined;
}

/** The jobs of some files. */
export interface JobFiles {
  /** In the order of {@link appearanceMs}; empty if there is any problem. */
  jobs: Job[];
  /** How many jobs of builds were skipped, by reason, the most frequent reason first. */
  skipped: { reason: string; count: number }[];
  /** Every problem, with file and line. */
  problems: Problem[];
}

/**
 * Reads the jobs of files. Each file is a CSV of jobs, or builds as Buildkite's REST API returns them:
 * a file that begins with `[` or `{` has builds. A file that cannot be read is a problem too.
 */
export function readJobFiles(paths: readonly string[], options: JobFileOptions = {}): JobFiles {
  const collector = new JobCollector();
  const builds = new BuildsReader(collector, options.defaultQueue);
  for (const path of paths) {
    const what = readFileInto(path, builds, collector);
    if (what !== undefined) collector.problems.push({ where: path, what: `${what}; ${ALLOWED}` });
  }
  const { jobs, problems } = collector;
  const skipped = [...collector.skipped].map(([reason, count]) => ({ reason, count }));
  return {
    jobs: problems.length > 0 ? [] : jobs.sort((a, b) => appearanceMs(a) - appearanceMs(b)),
    skipped: skipped.sort((a, b) => b.count - a.count),
    problems,
  };
}

const ALLOWED =
  "allowed: a CSV with the header scheduled_at,queue,duration_seconds, or builds as Buildkite's REST API returns them";

/** Reads one file. Returns what is wrong with the file as a whole; undefined if it is readable. */
function readFileInto(
  path: string,
  builds: BuildsReader,
  collector: JobCollector,
): string | undefined {
  const read = readBytes(path);
  if ("what" in read) return read.what;
  if (isJson(read.bytes)) {
    builds.read(read.bytes, path);
    return undefined;
  }
  const decoded = decodeUtf8(read.bytes);
  if ("what" in decoded) return decoded.what;
  if (decoded.text.trim() === "") return "is empty";
  readCsv(decoded.text, path, collector);
  return undefined;
}

function readBytes(path: string): { bytes: Buffer } | { what: string } {
  try {
    return { bytes: stripByteOrderMark(readFileSync(path)) };
  } catch (error) {
    return { what: describeReadError(error) };
  }
}

/** The jobs of the queues that scalers serve, and the number of other jobs by queue. */
export interface ServedJobs {
  jobs: Job[];
  unserved: Map<string, number>;
}

/** Drops the jobs whose queue is not one of `queues`. */
export function dropUnservedJobs(jobs: readonly Job[], queues: Iterable<string>): ServedJobs {
  const known = new Set(queues);
  const served: Job[] = [];
  const unserved = new Map<string, number>();
  for (const job of jobs) {
    if (known.has(job.queue)) served.push(job);
    else unserved.set(job.queue, (unserved.get(job.queue) ?? 0) + 1);
  }
  return { jobs: served, unserved };
}
