import { createHash } from "node:crypto";
import type { PageAssets } from "./assets.ts";
import { html, Markup } from "./html.ts";
import {
  type PricedResults,
  renderCostBars,
  renderLineSwatch,
  renderMeasuresTable,
  renderPolicySwatch,
} from "./measures-table.ts";

/** The content of a report. Policies that were simulated without a trace have no charts. */
export interface ReportInput extends PricedResults {
  title: string;
}

/** Renders the whole page. Text and tables are plain HTML; only the charts need the script and the data. */
export function renderPage(
  content: ReportInput,
  data: readonly Markup[],
  { script, style }: PageAssets,
): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy(script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${content.title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
${renderBody(content)}
${data}
<script>${new Markup(script)}</script>
</body>
</html>
`;
}

/** Forbids every request, and every script except the page's own, which is allowed by its hash. */
function contentSecurityPolicy(script: string): string {
  const hash = createHash("sha256").update(script).digest("base64");
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    "style-src 'unsafe-inline'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

function renderBody(content: ReportInput): Markup {
  return html`<header><h1>${content.title}</h1><p id="time-span"></p></header>
<main>
<section aria-labelledby="measures-head"><h2 id="measures-head">Policies compared</h2>
${renderPolicyList(content)}
<div class="scroll-x">${renderMeasuresTable(content.policies)}</div>
${renderCostBars(content)}
</section>
<section aria-labelledby="waits-head"><h2 id="waits-head">Wait times</h2>
<p>Share of the jobs that still wait after a given time. Lower and further left is better. Both axes are logarithmic.</p>
<div id="waits"></div>
</section>
<section aria-labelledby="scalers-head"><h2 id="scalers-head">Scalers over time</h2>
<noscript><p>The charts need JavaScript. The tables above do not.</p></noscript>
${renderToolbar(content)}
<div id="scalers"></div>
</section>
</main>
<div id="tooltip" role="tooltip" hidden></div>`;
}

function renderPolicyList({ policies }: PricedResults): Markup {
  const items = policies.map(
    ({ policy, about }, index) =>
      html`<div><dt>${renderPolicySwatch(index)} ${policy}</dt><dd>${about}</dd></div>`,
  );
  return html`<dl class="policies">${items}</dl>`;
}

function renderToolbar({ policies }: PricedResults): Markup {
  const checkboxes = policies.map(
    ({ policy }, index) =>
      html`<label><input type="checkbox" name="policy" value="${index}" checked>${renderPolicySwatch(index)} ${policy}</label>`,
  );
  return html`<form id="toolbar" aria-label="Chart settings">
<fieldset><legend>Policies</legend>${checkboxes}</fieldset>
<fieldset><legend>Charts</legend>
<label><input type="radio" name="layout" value="separate" checked> one per policy</label>
<label><input type="radio" name="layout" value="overlay"> policies overlaid:</label>
<select name="column" aria-label="Line to overlay">
<option value="demand">demand</option><option value="agents">agents</option>
<option value="inService">in service</option><option value="desired" selected>desired</option>
</select></fieldset>
<fieldset><legend>Time (UTC)</legend>
<button type="button" data-action="earlier" title="Move to an earlier time (left arrow)">earlier</button>
<button type="button" data-action="later" title="Move to a later time (right arrow)">later</button>
<button type="button" data-action="in" title="Zoom in (+)">+</button>
<button type="button" data-action="out" title="Zoom out (−)">−</button>
<button type="button" data-action="all" title="Show the whole time span (0)">all</button>
<output id="range"></output></fieldset>
</form>
${renderColumnLegend()}
${renderHint()}`;
}

/** Explains the lines of a chart of one policy. Their styles are in client/line-styles.ts. */
function renderColumnLegend(): Markup {
  const columns: readonly (readonly [cssClass: string, meaning: string])[] = [
    ["column-demand", "demand: scheduled and running jobs"],
    ["column-agents", "connected agents"],
    ["column-in-service", "instances in service"],
    ["column-desired", "desired capacity"],
  ];
  const items = columns.map(
    ([cssClass, meaning]) => html`<li>${renderLineSwatch(cssClass)} ${meaning}</li>`,
  );
  return html`<ul class="column-legend" aria-label="Lines of a chart">${items}</ul>`;
}

function renderHint(): Markup {
  return html`<p class="hint">Drag over a chart to zoom in, double-click to show everything. In a focused chart (click or Tab), arrow keys move, <kbd>+</kbd>, <kbd>−</kbd> and the wheel zoom, <kbd>0</kbd> shows everything. ${renderMarkSwatch("0,-4 4,4 -4,4")} scale-out, ${renderMarkSwatch("0,4 4,-4 -4,-4")} scale-in, ${renderMarkSwatch("0,-4 4,0 0,4 -4,0")} several decisions: point at a mark for the reasons, or open the list below the chart.</p>`;
}

/** Renders a mark of the charts as SVG, because not every font has these symbols. */
function renderMarkSwatch(corners: string): Markup {
  return html`<svg class="mark column-desired" viewBox="-5 -5 10 10" aria-hidden="true"><polygon points="${corners}"/></svg>`;
}
