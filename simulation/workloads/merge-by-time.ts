import { appearanceMs, type Job } from "../fleet/options.ts";

/** Merges streams of jobs, each in the order of {@link appearanceMs}, into one stream in that order. */
export function* mergeByTime(sources: readonly Iterable<Job>[]): Generator<Job> {
  const heads = sources.flatMap((source) => {
    const rest = source[Symbol.iterator]();
    const first = rest.next();
    return first.done === true ? [] : [{ job: first.value, rest }];
  });
  while (heads.length > 0) {
    const earliest = heads.reduce((a, b) => (appearanceMs(b.job) < appearanceMs(a.job) ? b : a));
    yield earliest.job;
    const next = earliest.rest.next();
    if (next.done === true) heads.splice(heads.indexOf(earliest), 1);
    else earliest.job = next.value;
  }
}
