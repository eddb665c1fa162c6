/**
 * The value under a name that a user chose. A plain look-up would also find what every object
 * inherits, and a queue may well be called `constructor`.
 */
export function ownValue<T>(values: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
