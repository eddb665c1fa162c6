import { readFileSync } from "node:fs";
import type { Problem } from "../../functions/core/problems.ts";
import { appearanceMs, type Job } from "../fleet/options.ts";
import { BuildsReader } from "./builds.ts";
import { readCsv } from "./csv.ts";
import { JobCollector } from "./job-collector.ts";
import { isJson } from "./json-documents.ts";
import { decodeUtf8, stripByteOrderMark } from "./utf8.ts";

/** How job files are read. */
export interface JobFileOptions {
  /** The queue of jobs whose agent query rules name none. Default: such jobs are left out. */
  defaultQueue?: string | undefined;
}

/** The jobs of some files. */
export interface JobFiles {
  /** In the order in which they appear; empty where there is any problem. */
  jobs: Job[];
  /** How many jobs of builds were left out, and why, the most frequent reason first. */
  skipped: { reason: string; count: number }[];
  /** Everything that keeps the files from being used, with file and line. */
  problems: Problem[];
}

/**
 * Reads the jobs of files, each a CSV of jobs or builds as Buildkite's REST API gives them: what
 * begins with `[` or `{` is builds. A file that cannot be read is a problem like any other.
 */
export function readJobFiles(paths: readonly string[], options: JobFileOptions = {}): JobFiles {
  const gathered = new JobCollector();
  const builds = new BuildsReader(gathered, options.defaultQueue);
  for (const path of paths) {
    const what = readFileInto(path, builds, gathered);
    if (what !== undefined) gathered.problems.push({ where: path, what: `${what}; ${ALLOWED}` });
  }
  const { jobs, problems } = gathered;
  const skipped = [...gathered.skipped].map(([reason, count]) => ({ reason, count }));
  return {
    jobs: problems.length > 0 ? [] : jobs.sort((a, b) => appearanceMs(a) - appearanceMs(b)),
    skipped: skipped.sort((a, b) => b.count - a.count),
    problems,
  };
}

const ALLOWED =
  "allowed: a CSV with the header scheduled_at,queue,duration_seconds, or builds as Buildkite's REST API gives them";

/** Gives what is wrong with the file as a whole, if anything is. */
function readFileInto(
  path: string,
  builds: BuildsReader,
  gathered: JobCollector,
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
  readCsv(decoded.text, path, gathered);
  return undefined;
}

function readBytes(path: string): { bytes: Buffer } | { what: string } {
  try {
    return { bytes: stripByteOrderMark(readFileSync(path)) };
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return {
      what: error.code === "ENOENT" ? "there is no such file" : `cannot be read: ${error.code}`,
    };
  }
}

/** Jobs with those left out that nobody serves, and how many of them each queue has. */
export interface ServedJobs {
  jobs: Job[];
  unserved: Map<string, number>;
}

/** Leaves out the jobs whose queue is not one of `queues`. */
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
