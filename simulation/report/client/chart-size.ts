/** Width and height in CSS pixels. */
export interface ChartSize {
  width: number;
  height: number;
}

/** Width of a chart on an A4 page between the margins that report.css sets. */
export const PRINT_WIDTH_PIXELS = 690;

const MIN_WIDTH_PIXELS = 200;

/** Returns the width that a chart has in its element. */
export function chartWidthPixels(host: HTMLElement): number {
  return Math.max(MIN_WIDTH_PIXELS, host.clientWidth);
}
