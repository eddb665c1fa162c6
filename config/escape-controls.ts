/**
 * Characters that make a terminal do something instead of showing them: control characters (C0, DEL, C1),
 * line separators, and those that turn the direction of writing.
 */
const CONTROLS = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Makes a text from outside safe to print on one line: a control character becomes an escape sequence as
 * in JSON, such as `\u001b` or `\n`. Escape before styling, because a style is a control sequence too.
 */
export function escapeControls(text: string): string {
  return text.replaceAll(CONTROLS, escapeCharacter);
}

/** Does the same for a text of several lines, such as JSON or YAML, which keep their meaning. */
export function escapeLines(text: string): string {
  return text.split("\n").map(escapeControls).join("\n");
}

function escapeCharacter(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
