import { findBestPolicies, MEASURE_LINES, type MeasureLine } from "../comparison.ts";
import type { SimulationResult } from "../simulate.ts";
import { html, type Markup } from "./html.ts";
import { POLICY_STYLES } from "./report-model.ts";

/** Simulated policies and what an instance costs. */
export interface PricedResults {
  /** Price of one instance for one hour. */
  pricePerHour: number;
  policies: readonly SimulationResult[];
}

/** Renders all measures of all policies. The best value has a label, not only a colour. */
export function renderMeasuresTable(policies: readonly SimulationResult[]): Markup {
  const heads = policies.map(
    ({ policy, about }, index) =>
      html`<th scope="col" title="${about}">${renderPolicySwatch(index)} ${policy}</th>`,
  );
  const rows = MEASURE_LINES.map((line) => renderMeasureRow(line, policies));
  return html`<table class="measures">
<thead><tr><th scope="col">Measure</th>${heads}</tr></thead>
<tbody>${rows}</tbody>
</table>`;
}

function renderMeasureRow(line: MeasureLine, policies: readonly SimulationResult[]): Markup {
  const best = findBestPolicies(line, policies);
  const cells = policies.map(({ policy, measures }) => {
    const value = line.read(measures);
    const text = value === undefined ? "–" : line.format(value);
    return best.has(policy)
      ? html`<td class="best">${text} <strong>best</strong></td>`
      : html`<td>${text}</td>`;
  });
  return html`<tr><th scope="row">${line.label}</th>${cells}</tr>`;
}

/** Renders a short line in a policy's colour and dashes. */
export function renderPolicySwatch(policy: number): Markup {
  return renderLineSwatch(`policy-${policy % POLICY_STYLES}`);
}

/** Renders a short line in the colour and dashes of a CSS class. */
export function renderLineSwatch(cssClass: string): Markup {
  return html`<svg class="swatch ${cssClass}" viewBox="0 0 28 8" aria-hidden="true"><line x1="0" y1="4" x2="28" y2="4"/></svg>`;
}

/** Renders money and idle share as bars. The bar of the largest value has full length. */
export function renderCostBars({ pricePerHour, policies }: PricedResults): Markup {
  const money = policies.map(({ measures }) => measures.money);
  const idle = policies.map(({ measures }) => measures.idleShare);
  return html`<div class="bars">
${renderBars(`Money at ${pricePerHour} per instance-hour`, policies, money, findFormat("money"))}
${renderBars("Idle share of agent time, boot time included", policies, idle, findFormat("idle share"))}
</div>`;
}

function findFormat(label: string): (value: number) => string {
  return MEASURE_LINES.find((line) => line.label === label)?.format ?? String;
}

function renderBars(
  caption: string,
  policies: readonly SimulationResult[],
  values: readonly number[],
  format: (value: number) => string,
): Markup {
  const largest = Math.max(...values, Number.MIN_VALUE);
  const rows = policies.map(({ policy }, index) => {
    const value = values[index] ?? 0;
    const percent = ((value / largest) * 100).toFixed(1);
    return html`<tr><th scope="row">${policy}</th><td class="bar"><div class="policy-${index % POLICY_STYLES}" style="width:${percent}%"></div></td><td>${format(value)}</td></tr>`;
  });
  return html`<table><caption>${caption}</caption><tbody>${rows}</tbody></table>`;
}
