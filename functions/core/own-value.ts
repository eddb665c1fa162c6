/**
 * The value under a name that a user chose. A plain look-up also finds what every object inherits, and a
 * queue may be called `constructor`.
 */
export function ownValue<T>(values: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
