import type { SimulationResult } from "../simulate.ts";
import { html, type Markup } from "./html.ts";
import type { ReportInput } from "./report-input.ts";
import { renderLineSwatch, renderMarkSwatch, renderPolicySwatch } from "./swatches.ts";

/** Which charts a report has. */
export interface ChartLayout {
  isComparison: boolean;
  scalers: number;
}

/** Finds out which charts a report has. */
export function chooseLayout({ policies }: ReportInput): ChartLayout {
  const names = policies.flatMap(({ scalers }) => scalers.map(({ name }) => name));
  return { isComparison: policies.length > 1, scalers: new Set(names).size };
}

/** Renders the place of the first chart. A report of one scaler under one policy has no other chart. */
export function renderOverview(input: ReportInput): Markup {
  const layout = chooseLayout(input);
  const isOnly = isOnlyChart(layout);
  const legend = isOnly ? renderColumnLegend() : renderOverviewLegend(input.policies);
  return html`<section aria-labelledby="overview-head">
<div class="head"><h2 id="overview-head">Demand and capacity</h2>${legend}${isOnly ? html`` : html`<button type="button" id="show-all" hidden>show everything</button>`}</div>
<noscript><p>The charts need JavaScript. The figures do not.</p></noscript>
${isOnly ? renderToolbar(input.policies, layout) : html``}
<div id="overview"></div>
${isOnly ? renderHint() : html``}
${renderPolicyList(input.policies)}
</section>`;
}

/** Renders the place of the charts of each group. */
export function renderScalers(input: ReportInput): Markup {
  const layout = chooseLayout(input);
  if (isOnlyChart(layout)) return html`<div id="scalers" hidden></div>`;
  return html`<section aria-labelledby="scalers-head"><h2 id="scalers-head">${layout.scalers > 1 ? "Each group over time" : "Each policy over time"}</h2>
${renderToolbar(input.policies, layout)}
${renderColumnLegend()}
${renderHint()}
<div id="scalers"></div>
</section>`;
}

function isOnlyChart({ isComparison, scalers }: ChartLayout): boolean {
  return !isComparison && scalers <= 1;
}

function renderOverviewLegend(policies: readonly SimulationResult[]): Markup {
  const demand = html`<li>${renderLineSwatch("column-demand")} jobs, waiting and running</li>`;
  const capacity =
    policies.length > 1
      ? html`<li class="policy-legend">connected agents with ${policies.map(
          ({ policy }, index) => html`<span>${renderPolicySwatch(index)} ${policy}</span>`,
        )}</li>`
      : html`<li>${renderLineSwatch("column-agents")} connected agents</li>`;
  return html`<ul class="legend" aria-label="Lines of the chart">${[demand, capacity]}</ul>`;
}

/** Explains the lines of a chart of one policy. Their styles are in client/line-styles.ts. */
function renderColumnLegend(): Markup {
  const columns: readonly (readonly [cssClass: string, meaning: string])[] = [
    ["column-demand", "jobs, waiting and running"],
    ["column-agents", "connected agents"],
    ["column-in-service", "instances in service"],
    ["column-desired", "desired capacity"],
  ];
  const items = columns.map(
    ([cssClass, meaning]) => html`<li>${renderLineSwatch(cssClass)} ${meaning}</li>`,
  );
  return html`<ul class="legend column-legend" aria-label="Lines of a chart">${items}</ul>`;
}

function renderPolicyList(policies: readonly SimulationResult[]): Markup {
  if (policies.length < 2) return html``;
  const items = policies.map(
    ({ policy, about }, index) =>
      html`<div><dt>${renderPolicySwatch(index)} ${policy}</dt><dd>${about}</dd></div>`,
  );
  return html`<dl class="policies">${items}</dl>`;
}

function renderToolbar(policies: readonly SimulationResult[], layout: ChartLayout): Markup {
  return html`<form id="toolbar" aria-label="Chart settings">
<div class="time" role="group" aria-label="Time range">
<button type="button" data-action="earlier" title="Move to an earlier time (left arrow)">earlier</button>
<button type="button" data-action="later" title="Move to a later time (right arrow)">later</button>
<button type="button" data-action="in" title="Zoom in (+)" aria-label="zoom in">+</button>
<button type="button" data-action="out" title="Zoom out (−)" aria-label="zoom out">−</button>
<button type="button" data-action="all" title="Show the whole time span (0)">all</button>
<output id="range"></output></div>
${layout.isComparison ? renderComparisonSettings(policies, layout) : html`<input type="hidden" name="policy" value="0">`}
</form>`;
}

/** One scaler is overlaid in the overview already. */
function renderComparisonSettings(
  policies: readonly SimulationResult[],
  { scalers }: ChartLayout,
): Markup {
  const [separate, overlay] = scalers > 1 ? ["", " checked"] : [" checked", ""];
  const checkboxes = policies.map(
    ({ policy }, index) =>
      html`<label><input type="checkbox" name="policy" value="${index}" checked>${renderPolicySwatch(index)} ${policy}</label>`,
  );
  return html`<details id="chart-settings"><summary>Policies and layout</summary>
<fieldset><legend>Policies</legend>${checkboxes}</fieldset>
<fieldset><legend>Charts</legend>
<label><input type="radio" name="layout" value="separate"${separate}> one per policy</label>
<label><input type="radio" name="layout" value="overlay"${overlay}> policies overlaid:</label>
<select name="column" aria-label="Line to overlay">
<option value="agents" selected>connected agents</option><option value="inService">instances in service</option>
<option value="desired">desired capacity</option><option value="demand">jobs</option>
</select></fieldset></details>`;
}

function renderHint(): Markup {
  return html`<p class="hint">Drag over a chart to zoom in, double-click to show everything. In a focused chart (click or Tab), arrow keys move, <kbd>+</kbd>, <kbd>−</kbd> and the wheel zoom, <kbd>0</kbd> shows everything. ${renderMarkSwatch("column-desired", "M0,-4 4,4 -4,4Z")} scale-out, ${renderMarkSwatch("column-desired", "M0,4 4,-4 -4,-4Z")} scale-in, ${renderMarkSwatch("column-desired", "M0,-4 4,0 0,4 -4,0Z")} several decisions, ${renderMarkSwatch("interrupted", "M-4,-2.5-2.5,-4 0,-1.5 2.5,-4 4,-2.5 1.5,0 4,2.5 2.5,4 0,1.5-2.5,4-4,2.5-1.5,0Z")} jobs interrupted: point at a mark for the reasons, or open the list below the chart.</p>`;
}
