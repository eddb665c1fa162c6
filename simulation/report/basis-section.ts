import { PRODUCT, VERSION } from "../../functions/core/version.ts";
import { html, type Markup } from "./html.ts";
import type { ReportBasis } from "./report-input.ts";

/** Renders what the figures rest on: the command, the facts, the settings and the version. */
export function renderBasis({ command, facts, settings }: ReportBasis): Markup {
  const items = facts.map(({ name, text }) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`);
  const files = settings.map(
    ({ name, yaml }) =>
      html`<details><summary>Settings of ${name}</summary><pre>${yaml}</pre></details>`,
  );
  return html`<section aria-labelledby="basis-head"><h2 id="basis-head">How this was made</h2>
<p class="note">By ${PRODUCT} ${VERSION}. This command makes it again:</p>
<pre class="command"><code>${command}</code></pre>
<dl class="basis">${items}</dl>
${files}
</section>`;
}
