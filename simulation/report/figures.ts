import {
  formatCount,
  formatHours,
  formatRoundDollars,
  formatRoundSeconds,
  formatRoundShare,
} from "../format-figures.ts";
import type { Measures } from "../measures.ts";
import type { SimulationResult } from "../simulate.ts";
import { html, type Markup } from "./html.ts";
import { nameLength } from "./period.ts";
import type { ReportInput } from "./report-input.ts";
import { policyClass } from "./swatches.ts";

/** One of the figures on the first screen. Less is better. */
interface Figure {
  title: string;
  read(measures: Measures): number;
  format(value: number): string;
  detail(measures: Measures): string;
}

/** Renders the four figures that decide. If policies are compared, each figure has a bar for each policy. */
export function renderFigures(input: ReportInput): Markup {
  const [first] = input.policies;
  if (first === undefined) return html``;
  const figures = listFigures(input).map((figure) => renderFigure(figure, first, input.policies));
  return html`<div class="figures">${figures}</div>`;
}

function listFigures({ period, pricePerHour }: ReportInput): Figure[] {
  return [
    {
      title: "95\u00a0% of jobs began within",
      read: ({ waitSeconds }) => waitSeconds.p95,
      format: formatRoundSeconds,
      detail: ({ waitSeconds: { p50, worst } }) =>
        `half within ${formatRoundSeconds(p50)}, the last after ${formatRoundSeconds(worst)}`,
    },
    {
      title: "Jobs interrupted",
      read: ({ interrupted }) => interrupted,
      format: formatCount,
      detail: ({ jobs }) => `of ${formatCount(jobs)}`,
    },
    {
      title: `Cost of ${nameLength(period)}, US dollars`,
      read: ({ money }) => money,
      format: formatRoundDollars,
      detail: ({ instanceHours }) =>
        `${formatHours(instanceHours)} instance-hours at ${formatPrice(pricePerHour)}`,
    },
    {
      title: "Paid but idle",
      read: ({ idleShare }) => idleShare,
      format: formatRoundShare,
      detail: () => "of the agents' time, boots included",
    },
  ];
}

/** Formats a price with as many digits as it has, and at least cents: `$0.10`, `$0.0416`. */
export function formatPrice(price: number): string {
  return price.toLocaleString("en-US", {
    style: "currency",
    currency: "USD",
    maximumFractionDigits: 6,
  });
}

function renderFigure(
  { title, read, format, detail }: Figure,
  { policy, measures }: SimulationResult,
  policies: readonly SimulationResult[],
): Markup {
  const isComparison = policies.length > 1;
  const owner = isComparison ? html` <span class="owner">${policy}</span>` : html``;
  const values = policies.map((result) => read(result.measures));
  const rows = isComparison ? [renderBars(policies, values, format)] : [];
  return html`<section class="figure"><h2>${title}</h2>
<p class="value">${format(read(measures))}${owner}</p>
<p class="detail">${detail(measures)}</p>
${rows}</section>`;
}

/** The bar of the largest value has full length. */
function renderBars(
  policies: readonly SimulationResult[],
  values: readonly number[],
  format: (value: number) => string,
): Markup {
  const largest = Math.max(...values, Number.MIN_VALUE);
  const rows = policies.map(({ policy }, index) => {
    const value = values[index] ?? 0;
    const percent = ((value / largest) * 100).toFixed(1);
    return html`<tr><th scope="row" title="${policy}">${policy}</th><td class="bar"><div class="${policyClass(index)}" style="width:${percent}%"></div></td><td>${format(value)}</td></tr>`;
  });
  return html`<table class="bars"><tbody>${rows}</tbody></table>`;
}
