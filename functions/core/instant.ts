import * as v from "valibot";

/** Parses an RFC 3339 time into epoch milliseconds. @throws RangeError that quotes the text */
export function parseInstantMs(rfc3339: string): number {
  const milliseconds = RFC_3339.test(rfc3339) ? Date.parse(rfc3339) : Number.NaN;
  if (Number.isNaN(milliseconds)) {
    throw new RangeError(`"${rfc3339}" is not a time such as 2026-01-05T09:00:00Z`);
  }
  return milliseconds;
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Whether a text is an RFC 3339 time with upper-case `T` and `Z`, as Step Functions requires. */
export function isInstant(text: string): boolean {
  return RFC_3339.test(text) && !Number.isNaN(Date.parse(text));
}

const AN_INSTANT = "a time such as 2026-01-05T09:00:00Z";

/** An RFC 3339 time. */
export const instantSchema = v.pipe(v.string(AN_INSTANT), v.check(isInstant, AN_INSTANT));

/** Formats a time as RFC 3339 with whole seconds: a Wait state ignores milliseconds. */
export function formatInstant(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** Seconds from `earlier` to `later`, both RFC 3339; negative if `later` comes first. */
export function secondsBetween(earlier: string, later: string): number {
  return (parseInstantMs(later) - parseInstantMs(earlier)) / 1000;
}

/** The latest of some RFC 3339 times; undefined if none is known. */
export function latestInstant(...instants: (string | undefined)[]): string | undefined {
  return instants.reduce((latest, instant) => {
    if (instant === undefined || latest === undefined || instant === latest)
      return latest ?? instant;
    return parseInstantMs(instant) > parseInstantMs(latest) ? instant : latest;
  }, undefined);
}
