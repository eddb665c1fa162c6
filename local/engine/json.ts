/** A value of a state machine's state: JSON only. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Returns a value as another process receives it: `undefined` is dropped, a Date becomes a text. */
export function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value) ?? "null");
}
