/** Returns the text between the markers of a generated part; undefined if the document lacks one. */
export function readGeneratedPart(document: string, name: string): string | undefined {
  return splitAtMarkers(document, name)?.part.trim();
}

/**
 * Replaces the text between the markers of a generated part.
 * @throws RangeError if the document lacks one of the markers.
 */
export function replaceGeneratedPart(document: string, name: string, part: string): string {
  const split = splitAtMarkers(document, name);
  if (split === undefined) {
    throw new RangeError(`the document needs ${openingMarker(name)} and, below it, ${CLOSING}`);
  }
  return `${split.before}${openingMarker(name)}\n${part}\n${CLOSING}${split.after}`;
}

const CLOSING = "<!-- end: generated -->";

function openingMarker(name: string): string {
  return `<!-- ${name}: generated -->`;
}

function splitAtMarkers(
  document: string,
  name: string,
): { before: string; part: string; after: string } | undefined {
  const opening = openingMarker(name);
  const start = document.indexOf(opening);
  const end = document.indexOf(CLOSING, start);
  if (start === -1 || end === -1) return undefined;
  return {
    before: document.slice(0, start),
    part: document.slice(start + opening.length, end),
    after: document.slice(end + CLOSING.length),
  };
}
