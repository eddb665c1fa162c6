import { COLUMNS } from "../report-model.ts";
import type { ChartState } from "./chart-state.ts";
import { getElement } from "./dom.ts";
import { formatInstant } from "./format-time.ts";
import { applyAction, type RangeAction } from "./range-actions.ts";

const RANGE_ACTIONS: readonly RangeAction[] = ["earlier", "later", "in", "out", "all"];

/** Connects the form controls and buttons of the page to the state of the charts. */
export function bindToolbar(state: ChartState, onLayoutChange: () => void): void {
  const form = getElement("toolbar", HTMLFormElement);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => {
    readControls(form, state);
    onLayoutChange();
  });
  for (const action of RANGE_ACTIONS) bindButton(form, action, state);
  state.onRangeChange(() => displayRange(state));
  readControls(form, state);
  displayRange(state);
}

function bindButton(form: HTMLFormElement, action: RangeAction, state: ChartState): void {
  form
    .querySelector(`[data-action=${action}]`)
    ?.addEventListener("click", () =>
      state.showRange(applyAction(action, state.range, state.whole)),
    );
}

/** Also called at the start: browsers restore form controls when a page is reloaded. */
function readControls(form: HTMLFormElement, state: ChartState): void {
  const controls = new FormData(form);
  state.policies = controls.getAll("policy").map(Number);
  state.isOverlay = controls.get("layout") === "overlay";
  state.column = COLUMNS.find((column) => column === controls.get("column")) ?? "desired";
}

function displayRange({ range }: ChartState): void {
  const output = getElement("range", HTMLOutputElement);
  output.value = `${formatInstant(range.fromMs)} – ${formatInstant(range.toMs)}`;
  output.dataset.fromMs = String(Math.round(range.fromMs));
  output.dataset.toMs = String(Math.round(range.toMs));
}
