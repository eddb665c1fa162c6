import { findBestPolicies, MEASURE_LINES, type MeasureLine } from "../comparison.ts";
import type { SimulationResult } from "../simulate.ts";
import { html, type Markup } from "./html.ts";
import { renderPolicySwatch } from "./swatches.ts";

/** Renders all measures: a table if policies are compared, otherwise a list. */
export function renderMeasures(policies: readonly SimulationResult[]): Markup {
  const [first] = policies;
  return policies.length === 1 && first !== undefined
    ? renderMeasuresList(first)
    : renderMeasuresTable(policies);
}

function renderMeasuresList({ measures }: SimulationResult): Markup {
  const items = MEASURE_LINES.flatMap(({ label, read, format }) => {
    const value = read(measures);
    if (value === undefined) return [];
    return [html`<div><dt>${label}</dt><dd>${format(value)}</dd></div>`];
  });
  return html`<dl class="measures-list">${items}</dl>`;
}

/** The best value has a label, not only a colour. */
function renderMeasuresTable(policies: readonly SimulationResult[]): Markup {
  const heads = policies.map(
    ({ policy, about }, index) =>
      html`<th scope="col" title="${about}">${renderPolicySwatch(index)} ${policy}</th>`,
  );
  const rows = MEASURE_LINES.map((line) => renderMeasureRow(line, policies));
  return html`<div class="scroll-x" tabindex="0" role="group" aria-label="Table of all figures"><table class="measures">
<thead><tr><th scope="col">Measure</th>${heads}</tr></thead>
<tbody>${rows}</tbody>
</table></div>`;
}

function renderMeasureRow(line: MeasureLine, policies: readonly SimulationResult[]): Markup {
  const best = findBestPolicies(line, policies);
  const cells = policies.map(({ policy, measures }) => {
    const value = line.read(measures);
    const text = value === undefined ? "–" : line.format(value);
    return best.has(policy)
      ? html`<td class="best"><strong>best</strong> ${text}</td>`
      : html`<td>${text}</td>`;
  });
  return html`<tr><th scope="row">${line.label}</th>${cells}</tr>`;
}
