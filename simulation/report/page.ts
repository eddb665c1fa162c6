import { createHash } from "node:crypto";
import type { PageAssets } from "./assets.ts";
import { renderBasis } from "./basis-section.ts";
import { renderOverview, renderScalers } from "./charts-section.ts";
import { renderFigures } from "./figures.ts";
import { describeRun } from "./headline.ts";
import { html, Markup } from "./html.ts";
import { renderMeasures } from "./measures-table.ts";
import { formatPeriod } from "./period.ts";
import type { ReportInput } from "./report-input.ts";
import { describeVerdict } from "./verdict.ts";
import { renderWaits } from "./waits-section.ts";

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
  return html`${renderHeader(content)}
<main>
${renderFigures(content)}
${renderOverview(content)}
${renderWaits(content.policies)}
<section aria-labelledby="measures-head"><h2 id="measures-head">All figures</h2>
${renderMeasures(content.policies)}
</section>
${renderScalers(content)}
${renderBasis(content.basis)}
</main>
<div id="tooltip" role="tooltip" hidden></div>`;
}

/** The headline is the verdict of a comparison, or what the only policy did. */
function renderHeader({ title, policies, period, basis }: ReportInput): Markup {
  const [first] = policies;
  const summary = first === undefined ? "" : describeRun(first.measures, period);
  const verdict = describeVerdict(policies);
  const lead =
    verdict === undefined
      ? html``
      : html`<p class="lead">With ${first?.policy ?? ""}: ${summary}</p>`;
  return html`<header>
<p class="origin"><strong>${title}</strong> <span>${formatPeriod(period)}</span> <span>${basis.summary}</span> <a href="#basis-head">how this was made</a></p>
<h1>${verdict ?? summary}</h1>
${lead}
</header>`;
}
