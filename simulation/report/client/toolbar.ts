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
  bindShowAll(state);
  state.onRangeChange(() => displayRange(state));
  foldOnNarrowPages();
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

/** The first chart has this button only if the toolbar is further down. */
function bindShowAll(state: ChartState): void {
  const button = document.getElementById("show-all");
  if (button === null) return;
  button.addEventListener("click", () => state.showRange(state.whole));
  state.onRangeChange(() => {
    button.hidden = state.isWhole;
  });
}

/** Also called at the start: browsers restore form controls when a page is reloaded. */
function readControls(form: HTMLFormElement, state: ChartState): void {
  const controls = new FormData(form);
  state.policies = controls.getAll("policy").map(Number);
  state.isOverlay = controls.get("layout") === "overlay";
  state.column = COLUMNS.find((column) => column === controls.get("column")) ?? "agents";
}

function displayRange({ range }: ChartState): void {
  const output = getElement("range", HTMLOutputElement);
  output.value = `${formatInstant(range.fromMs)} – ${formatInstant(range.toMs)}`;
  output.dataset.fromMs = String(Math.round(range.fromMs));
  output.dataset.toMs = String(Math.round(range.toMs));
}

/** The width in report.css from which on the settings have room beside the buttons. */
const WIDE_PAGE = "(min-width: 700px)";

/** Opens the settings on a wide page, where they cannot be closed, and closes them on a narrow one. */
function foldOnNarrowPages(): void {
  const settings = document.getElementById("chart-settings");
  if (!(settings instanceof HTMLDetailsElement)) return;
  const wide = matchMedia(WIDE_PAGE);
  const fold = () => {
    settings.open = wide.matches;
  };
  wide.addEventListener("change", fold);
  fold();
}
