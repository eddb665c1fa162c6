import { html, type Markup } from "./html.ts";
import { POLICY_STYLES } from "./report-model.ts";

/** Renders a short line in a policy's colour and dashes. */
export function renderPolicySwatch(policy: number): Markup {
  return renderLineSwatch(policyClass(policy));
}

/** Renders a short line in the colour and dashes of a CSS class. */
export function renderLineSwatch(cssClass: string): Markup {
  return html`<svg class="swatch ${cssClass}" viewBox="0 0 24 8" aria-hidden="true"><line x1="0" y1="4" x2="24" y2="4"/></svg>`;
}

/** Renders a mark of the charts as SVG, because not every font has these symbols. */
export function renderMarkSwatch(cssClass: string, path: string): Markup {
  return html`<svg class="mark ${cssClass}" viewBox="-5 -5 10 10" aria-hidden="true"><path d="${path}"/></svg>`;
}

/** Returns the CSS class with a policy's colour and dashes. */
export function policyClass(policy: number): string {
  return `policy-${policy % POLICY_STYLES}`;
}
