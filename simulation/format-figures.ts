import { formatDuration } from "../functions/core/duration.ts";

/** Formats `1,234`. */
export function formatCount(value: number): string {
  return value.toLocaleString("en-US");
}

/** Formats seconds: `63.1 s`, and from 100 s on `1m48s`. */
export function formatSeconds(value: number): string {
  return value < 100 ? `${value.toFixed(1)} s` : formatDuration(Math.round(value));
}

/** Formats a share from 0 to 1: `38.2 %`. */
export function formatShare(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}

/** Formats hours: `0.25`, and from 100 on `1,925`. */
export function formatHours(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 2 : 0 });
}

/** Formats US dollars: `$192.50`. */
export function formatDollars(value: number): string {
  return value.toLocaleString("en-US", { style: "currency", currency: "USD" });
}

/** Formats US dollars for a sentence: `$193`, and below 100 with cents. */
export function formatRoundDollars(value: number): string {
  const digits = value < 100 ? 2 : 0;
  return value.toLocaleString("en-US", {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** Keeps a number and its unit on one line. */
const NO_BREAK = "\u00a0";

/** Formats seconds for a sentence: `8.3 s`, `63 s`, `1m48s`. */
export function formatRoundSeconds(value: number): string {
  if (value >= 100) return formatDuration(Math.round(value));
  const digits = value < 10 ? 1 : 0;
  return `${Number(value.toFixed(digits))}${NO_BREAK}s`;
}

/** Formats a share for a sentence: `38 %`. A share that is not zero is never `0 %`, and one below 1 never `100 %`. */
export function formatRoundShare(value: number): string {
  if (value > 0 && value < 0.01) return `under 1${NO_BREAK}%`;
  return value < 1 && value > 0.99 ? `over 99${NO_BREAK}%` : formatPercent(value);
}

function formatPercent(value: number): string {
  return `${Math.round(value * 100)}${NO_BREAK}%`;
}
