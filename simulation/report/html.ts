/** HTML that needs no escaping. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A value for {@link html}: strings and numbers are escaped, markup is inserted unchanged. */
export type Content = string | number | Markup | readonly Markup[];

/** Template tag for HTML. Inserted texts are escaped, so a queue may be named `</script>`. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  const pieces = parts.map((part, index) => part + renderContent(contents[index] ?? ""));
  return new Markup(pieces.join(""));
}

function renderContent(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (typeof content === "object") return content.map(({ text }) => text).join("\n");
  return escapeText(String(content));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeText(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** Returns a value as JSON for a script element. `<` is escaped, so no value can end the element. */
export function embedJson(value: unknown): Markup {
  return new Markup(JSON.stringify(value).replaceAll("<", String.raw`\u003c`));
}
