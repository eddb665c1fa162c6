/** HTML that may stand in the page as it is. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may be put into {@link html}: texts and numbers are escaped, markup is not. */
export type Content = string | number | Markup | readonly Markup[];

/** HTML in which whatever is put in is escaped, so that a queue may be named `</script>`. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  const filled = parts.map((part, index) => part + textOf(contents[index] ?? ""));
  return new Markup(filled.join(""));
}

function textOf(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (typeof content === "object") return content.map(({ text }) => text).join("\n");
  return escaped(String(content));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** A value as JSON that may stand in a script element: no `<` can end it. */
export function embedJson(value: unknown): Markup {
  return new Markup(JSON.stringify(value).replaceAll("<", String.raw`\u003c`));
}
