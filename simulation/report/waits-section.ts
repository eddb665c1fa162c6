import { formatRoundShare } from "../format-figures.ts";
import type { SimulationResult } from "../simulate.ts";
import { html, type Markup } from "./html.ts";
import { policyClass, renderPolicySwatch } from "./swatches.ts";
import { classifyWaits, type WaitClass } from "./wait-classes.ts";

/** Renders how long jobs waited: their shares by class, and the place of the chart. */
export function renderWaits(policies: readonly SimulationResult[]): Markup {
  const classes = classifyWaits(policies.map(({ measures }) => measures.waitsMs));
  const shares = policies.length > 1 ? renderStacks(policies, classes) : renderHistogram(classes);
  return html`<section aria-labelledby="waits-head"><h2 id="waits-head">How long jobs waited</h2>
<p class="note">From the time when a job may run until an agent takes it.</p>
<div class="waits">${shares}
<div><div id="waits"></div>
<label class="switch"><input type="checkbox" id="log-scale"> logarithmic: shows the few longest waits</label></div></div>
</section>`;
}

/** One bar for each policy, divided into classes. */
function renderStacks(
  policies: readonly SimulationResult[],
  classes: readonly WaitClass[],
): Markup {
  const heads = classes.map(
    ({ label }, index) => html`<li><span class="wait-class wait-${index}"></span> ${label}</li>`,
  );
  const rows = policies.map(
    ({ policy }, index) =>
      html`<tr><th scope="row">${renderPolicySwatch(index)} ${policy}</th><td>${renderStack(classes, index)}</td></tr>`,
  );
  return html`<div><ul class="legend" aria-label="Waits">${heads}</ul>
<table class="stacks"><tbody>${rows}</tbody></table></div>`;
}

/** Shares that are too small for a text have one as a tooltip. */
const LEAST_SHARE_WITH_TEXT = 0.07;

function renderStack(classes: readonly WaitClass[], policy: number): Markup {
  const parts = classes.map(({ label, shares }, index) => {
    const share = shares[policy] ?? 0;
    const percent = formatRoundShare(share);
    const text = share < LEAST_SHARE_WITH_TEXT ? "" : percent;
    return html`<span class="wait-${index}" style="flex-grow:${share.toFixed(4)}" title="${label}: ${percent}">${text}</span>`;
  });
  const summary = classes.map(
    ({ label, shares }) => `${label}: ${formatRoundShare(shares[policy] ?? 0)}`,
  );
  return html`<div class="stack" role="img" aria-label="${summary.join(", ")}">${parts}</div>`;
}

/** One bar for each class. The bar of the largest class has full length. */
function renderHistogram(classes: readonly WaitClass[]): Markup {
  const shares = classes.map((one) => one.shares[0] ?? 0);
  const largest = Math.max(...shares, Number.MIN_VALUE);
  const rows = classes.map(({ label }, index) => {
    const share = shares[index] ?? 0;
    const percent = ((share / largest) * 100).toFixed(1);
    return html`<tr><th scope="row">${label}</th><td class="bar"><div class="${policyClass(0)}" style="width:${percent}%"></div></td><td>${formatRoundShare(share)}</td></tr>`;
  });
  return html`<table class="bars histogram"><tbody>${rows}</tbody></table>`;
}
