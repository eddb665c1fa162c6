/** Bytes in a KB, here and in docs/performance.md. */
export const KILOBYTE = 1024;

/** Returns a number of bytes in KB of 1,024 bytes: `9.5 KB`. */
export function formatKilobytes(bytes: number): string {
  return `${(bytes / KILOBYTE).toFixed(1)} KB`;
}
