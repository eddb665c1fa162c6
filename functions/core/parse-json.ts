/** Parses JSON; undefined if the text is not JSON. No JSON text parses to undefined. */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // The caller decides whether that is an error.
  }
}
