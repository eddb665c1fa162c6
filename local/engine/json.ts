/** What can stand in a state machine's state: JSON, and nothing else. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A value as another process would receive it: `undefined` vanishes, a Date is a text. */
export function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value) ?? "null");
}
