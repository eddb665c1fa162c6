/** What a text says as JSON; undefined, which no JSON comes to, where it is none. */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Whether that is wrong is for the caller to say.
  }
}
