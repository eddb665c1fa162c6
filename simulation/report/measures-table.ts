import { findBestPolicies, MEASURE_LINES, type MeasureLine } from "../comparison.ts";
import type { SimulationResult } from "../simulate.ts";
import { html, type Markup } from "./markup.ts";
import { POLICY_STYLES } from "./report-model.ts";

/** What the pictures of the money need. */
export interface Priced {
  pricePerHour: number;
  policies: readonly SimulationResult[];
}

/** All measures of all policies; what is best is said in words, not by colour alone. */
export function renderMeasuresTable(policies: readonly SimulationResult[]): Markup {
  const heads = policies.map(
    ({ policy, about }, index) =>
      html`<th scope="col" title="${about}">${renderSwatch(index)} ${policy}</th>`,
  );
  const rows = MEASURE_LINES.map((line) => measureRow(line, policies));
  return html`<table class="numbers">
<thead><tr><th scope="col">measure</th>${heads}</tr></thead>
<tbody>${rows}</tbody>
</table>`;
}

function measureRow(line: MeasureLine, policies: readonly SimulationResult[]): Markup {
  const best = findBestPolicies(line, policies);
  const cells = policies.map(({ policy, measures }) => {
    const value = line.of(measures);
    const shown = value === undefined ? "–" : line.shown(value);
    return best.has(policy)
      ? html`<td class="best">${shown} <strong>best</strong></td>`
      : html`<td>${shown}</td>`;
  });
  return html`<tr><th scope="row">${line.label}</th>${cells}</tr>`;
}

/** A short piece of a policy's line, in its colour and dashes. */
export function renderSwatch(policy: number): Markup {
  return renderLineSwatch(`policy-${policy % POLICY_STYLES}`);
}

/** A short piece of a line, as the style sheet draws that class. */
export function renderLineSwatch(style: string): Markup {
  return html`<svg class="swatch ${style}" viewBox="0 0 28 8" aria-hidden="true"><line x1="0" y1="4" x2="28" y2="4"/></svg>`;
}

/** Money and idle share as bars, longest at the largest value. */
export function renderCostBars({ pricePerHour, policies }: Priced): Markup {
  const money = policies.map(({ measures }) => measures.money);
  const idle = policies.map(({ measures }) => measures.idleShare);
  return html`<div class="bars">
${bars(`Money, at ${pricePerHour} an instance-hour`, policies, money, shownBy("money"))}
${bars("Idle share of the agents' time, booting included", policies, idle, shownBy("idle share"))}
</div>`;
}

function shownBy(label: string): (value: number) => string {
  return MEASURE_LINES.find((line) => line.label === label)?.shown ?? String;
}

function bars(
  caption: string,
  policies: readonly SimulationResult[],
  values: readonly number[],
  shown: (value: number) => string,
): Markup {
  const most = Math.max(...values, Number.MIN_VALUE);
  const rows = policies.map(({ policy }, index) => {
    const value = values[index] ?? 0;
    const percent = ((value / most) * 100).toFixed(1);
    return html`<tr><th scope="row">${policy}</th><td class="bar"><div class="policy-${index % POLICY_STYLES}" style="width:${percent}%"></div></td><td>${shown(value)}</td></tr>`;
  });
  return html`<table><caption>${caption}</caption><tbody>${rows}</tbody></table>`;
}
