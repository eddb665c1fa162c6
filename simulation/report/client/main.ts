import { ChartList } from "./chart-list.ts";
import { ChartState } from "./chart-state.ts";
import { getElement } from "./dom.ts";
import { readReportModel } from "./embedded-data.ts";
import { bindToolbar } from "./toolbar.ts";
import { WaitsChart } from "./waits-chart.ts";

const model = readReportModel();
const state = new ChartState(model);
const charts = new ChartList(model, state);
const waitsChart = new WaitsChart(model, getElement("waits", HTMLDivElement));

bindToolbar(state, () => charts.layOut());
charts.layOut();

const logScale = getElement("log-scale", HTMLInputElement);
logScale.addEventListener("change", () => waitsChart.showLogarithmic(logScale.checked));
if (logScale.checked) waitsChart.showLogarithmic(true);

addEventListener("resize", () => waitsChart.fit());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
addEventListener("beforeprint", () => {
  document.documentElement.dataset.printing = "true";
  waitsChart.beforePrint();
  charts.beforePrint();
});
addEventListener("afterprint", () => {
  delete document.documentElement.dataset.printing;
  waitsChart.fit();
  waitsChart.recolour();
  charts.afterPrint();
});

function recolour(): void {
  waitsChart.recolour();
  charts.recolour();
}
