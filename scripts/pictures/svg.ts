/** Text as it may stand in SVG. */
export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** Colours that hold against a light and a dark page alike, because the picture has its own ground. */
export const COLOURS: Readonly<Record<string, string>> = {
  Task: "#dbeafe",
  Choice: "#fef3c7",
  Wait: "#e5e7eb",
  Pass: "#f3f4f6",
  Succeed: "#dcfce7",
  Fail: "#fee2e2",
};

const STYLE = `text{font:12px system-ui,sans-serif;fill:#111827}.small{font-size:10.5px;fill:#4b5563;paint-order:stroke;stroke:#ffffff;stroke-width:3px}.type{font-size:10.5px;fill:#4b5563}.title{font-size:15px;font-weight:600}.name{font-weight:600}.line{fill:none;stroke:#374151;stroke-width:1.3}.catch{stroke:#b91c1c;stroke-dasharray:4 3}`;

/** A whole picture. `title` is what a reader who cannot see it is told. */
export function picture(
  size: { width: number; height: number },
  title: string,
  elements: readonly string[],
): string {
  const { width, height } = size;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...elements,
    "</svg>",
  ].join("\n")}\n`;
}

/** One line of text. */
export function textAt(x: number, y: number, text: string, look = "", anchor = "start"): string {
  return `<text x="${x}" y="${y}" class="${look}" text-anchor="${anchor}">${escaped(text)}</text>`;
}
