import { createHash } from "node:crypto";
import type { Assets } from "./assets.ts";
import { html, Markup } from "./markup.ts";
import {
  type Priced,
  renderCostBars,
  renderLineSwatch,
  renderMeasuresTable,
  renderSwatch,
} from "./measures-table.ts";

/** The page around the data: what can be read without a script stands in it as it is. */
export function renderPage(
  input: Priced & { title: string },
  data: readonly Markup[],
  { script, style }: Assets,
): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy(script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${input.title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
${bodyMarkup(input)}
${data}
<script>${new Markup(script)}</script>
</body>
</html>
`;
}

/** Nothing is fetched from anywhere, and no script runs but the page's own, which its hash names. */
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

function bodyMarkup(input: Priced & { title: string }): Markup {
  return html`<header><h1>${input.title}</h1><p id="span"></p></header>
<main>
<section aria-labelledby="numbers-head"><h2 id="numbers-head">Policies side by side</h2>
${policyList(input)}
<div class="scrolls">${renderMeasuresTable(input.policies)}</div>
${renderCostBars(input)}
</section>
<section aria-labelledby="waits-head"><h2 id="waits-head">Waits</h2>
<p>Share of the jobs that still waited after so long. The lower and the further left a line, the better. Both axes are logarithmic.</p>
<div id="waits"></div>
</section>
<section aria-labelledby="scalers-head"><h2 id="scalers-head">Scalers over time</h2>
<noscript><p>The charts need JavaScript. The figures above do not.</p></noscript>
${toolbar(input)}
<div id="scalers"></div>
</section>
</main>
<div id="tooltip" role="tooltip" hidden></div>`;
}

function policyList({ policies }: Priced): Markup {
  const items = policies.map(
    ({ policy, about }, index) =>
      html`<div><dt>${renderSwatch(index)} ${policy}</dt><dd>${about}</dd></div>`,
  );
  return html`<dl class="policies">${items}</dl>`;
}

function toolbar({ policies }: Priced): Markup {
  const boxes = policies.map(
    ({ policy }, index) =>
      html`<label><input type="checkbox" name="policy" value="${index}" checked>${renderSwatch(index)} ${policy}</label>`,
  );
  return html`<form id="toolbar" aria-label="What the charts show">
<fieldset><legend>Policies</legend>${boxes}</fieldset>
<fieldset><legend>Draw</legend>
<label><input type="radio" name="view" value="each" checked> each by itself</label>
<label><input type="radio" name="view" value="over"> over each other:</label>
<select name="column" aria-label="Line that is laid over each other">
<option value="demand">demand</option><option value="agents">agents</option>
<option value="inService">in service</option><option value="desired" selected>desired</option>
</select></fieldset>
<fieldset><legend>Time (UTC)</legend>
<button type="button" data-does="earlier" title="Earlier (left arrow)">earlier</button>
<button type="button" data-does="later" title="Later (right arrow)">later</button>
<button type="button" data-does="in" title="Zoom in (+)">+</button>
<button type="button" data-does="out" title="Zoom out (−)">−</button>
<button type="button" data-does="all" title="The whole time (0)">all</button>
<output id="range"></output></fieldset>
</form>
${columnLegend()}
<p class="hint">Drag over a chart to zoom in, double-click for the whole time. With a chart in focus (click or Tab): arrow keys move, <kbd>+</kbd> and <kbd>−</kbd> or the wheel zoom, <kbd>0</kbd> shows all. ${markSwatch("0,-4 4,4 -4,4")} scaled out, ${markSwatch("0,4 4,-4 -4,-4")} scaled in, ${markSwatch("0,-4 4,0 0,4 -4,0")} several decisions too close to tell apart: point at one for its reasons, or open the list under the chart.</p>`;
}

/** What the lines of a chart are that shows one policy by itself; as in client/lines.ts. */
function columnLegend(): Markup {
  const columns: readonly (readonly [name: string, meaning: string])[] = [
    ["demand", "demand: jobs that may run or do run"],
    ["agents", "agents that are connected"],
    ["in-service", "instances in service"],
    ["desired", "instances desired"],
  ];
  const items = columns.map(
    ([name, meaning]) => html`<li>${renderLineSwatch(`column-${name}`)} ${meaning}</li>`,
  );
  return html`<ul class="columns" aria-label="Lines of a chart">${items}</ul>`;
}

/** A mark as charts have it, drawn, because not every font has such letters. */
function markSwatch(corners: string): Markup {
  return html`<svg class="mark column-desired" viewBox="-5 -5 10 10" aria-hidden="true"><polygon points="${corners}"/></svg>`;
}
