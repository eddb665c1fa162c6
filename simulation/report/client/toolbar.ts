import { COLUMNS } from "../report-model.ts";
import { type Action, applyAction } from "./actions.ts";
import type { ChartState } from "./chart-state.ts";
import { byId } from "./dom.ts";
import { formatInstant } from "./times.ts";

const DOINGS: readonly Action[] = ["earlier", "later", "in", "out", "all"];

/** Joins the page's switches and buttons to the view. */
export function bindToolbar(view: ChartState, onLayout: () => void): void {
  const form = byId("toolbar", HTMLFormElement);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => {
    readSwitches(form, view);
    onLayout();
  });
  for (const doing of DOINGS) {
    form
      .querySelector(`[data-does=${doing}]`)
      ?.addEventListener("click", () => view.show(applyAction(doing, view.range, view.whole)));
  }
  const tell = () => tellRange(view);
  view.onRange(tell);
  readSwitches(form, view);
  tell();
}

/** A browser keeps switches as they were when a page is opened again. */
function readSwitches(form: HTMLFormElement, view: ChartState): void {
  const switches = new FormData(form);
  view.shown = switches.getAll("policy").map(Number);
  view.isOver = switches.get("view") === "over";
  view.column = COLUMNS.find((column) => column === switches.get("column")) ?? "desired";
}

function tellRange({ range }: ChartState): void {
  const output = byId("range", HTMLOutputElement);
  output.value = `${formatInstant(range.fromMs)} – ${formatInstant(range.toMs)}`;
  output.dataset.fromMs = String(Math.round(range.fromMs));
  output.dataset.toMs = String(Math.round(range.toMs));
}
