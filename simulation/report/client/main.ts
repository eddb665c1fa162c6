import { ChartList } from "./chart-list.ts";
import { ChartState } from "./chart-state.ts";
import { readReportModel } from "./data.ts";
import { byId } from "./dom.ts";
import { formatInstant } from "./times.ts";
import { bindToolbar } from "./toolbar.ts";
import { WaitsChart } from "./waits-chart.ts";

const model = readReportModel();
const view = new ChartState(model);
const gallery = new ChartList(model, view, byId("scalers", HTMLDivElement));
const waits = new WaitsChart(model, byId("waits", HTMLDivElement));

byId("span", HTMLParagraphElement).textContent =
  `From ${formatInstant(model.fromMs)} to ${formatInstant(model.toMs)} (UTC), ${model.scalers.length} scalers`;
bindToolbar(view, () => gallery.lay());
gallery.lay();

addEventListener("resize", () => waits.fit());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
addEventListener("beforeprint", () => {
  document.documentElement.dataset.printing = "true";
  waits.beforePrint();
  gallery.beforePrint();
});
addEventListener("afterprint", () => {
  delete document.documentElement.dataset.printing;
  waits.fit();
  waits.recolour();
  gallery.afterPrint();
});

function recolour(): void {
  waits.recolour();
  gallery.recolour();
}
