/**
 * Removes a token from a text that somebody else wrote: a proxy may echo the request. It also finds the
 * token as JSON writes it, with characters as `\u0062`, also if that JSON is itself quoted in JSON.
 */
export function removeToken(text: string, token: string): string {
  return text.replaceAll(new RegExp([...token].map(toPattern).join(""), "g"), "(the agent token)");
}

/** Backslashes are bounded: a text full of them would otherwise take quadratic time. */
function toPattern(character: string): string {
  const code = character.charCodeAt(0).toString(16).padStart(4, "0");
  const literal = /[\w-]/.test(character) ? character : `\\\\{0,4}\\u${code}`;
  return `(?:${literal}|\\\\{1,4}u${code.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)})`;
}
