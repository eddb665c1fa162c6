import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { PRODUCT, VERSION } from "../../../functions/core/version.ts";
import type { Measures } from "../../../simulation/measures.ts";
import { renderReport, writeReport } from "../../../simulation/report/report.ts";
import { decodeTrace } from "../../../simulation/report/trace-codec.ts";
import type { SimulationResult } from "../../../simulation/simulate.ts";
import type { ScalerTrace } from "../../../simulation/trace.ts";

const MEASURES: Measures = {
  jobs: 1234,
  unfinished: 0,
  waitSeconds: { p50: 1, p95: 20.5, p99: 90, worst: 3600, mean: 5 },
  waitedOverAMinute: 0.025,
  interrupted: 3,
  instanceHours: 1000,
  idleShare: 0.25,
  money: 96,
  scalings: 40,
  polls: 8640,
  doubleDecrements: 0,
  calls: undefined,
  fromZero: undefined,
  waitsMs: Float64Array.of(0, 1000, 3_600_000),
};

const TRACE: ScalerTrace = {
  name: "my-asg",
  agentsPerInstance: 4,
  timesMs: [1_767_571_200_000, 1_767_571_210_000],
  demand: [0, 8],
  agents: [0, 0],
  inService: [0, 0],
  desired: [0, 2],
  decisions: [
    { atMs: 1_767_571_210_000, action: "scale-out", from: 0, to: 2, reasons: ["8 jobs / 4 = 2"] },
  ],
  interruptions: [],
};

function policy(
  name: string,
  changes: Partial<Measures> = {},
  scalers = [TRACE],
): SimulationResult {
  return { policy: name, about: `about ${name}`, measures: { ...MEASURES, ...changes }, scalers };
}

const input = (...policies: SimulationResult[]) => ({
  title: "A title",
  policies,
  period: { fromMs: Date.parse("2026-01-05T00:00Z"), toMs: Date.parse("2026-01-12T00:00Z") },
  pricePerHour: 0.096,
  basis: {
    summary: "office-hours, seed 7",
    command: "npx buildkite-scaling-loop simulate --seed 7",
    facts: [{ name: "Boot", text: "35 s" }],
    settings: [{ name: "ours", yaml: "scalers: <all>" }],
  },
});

function findRow(page: string, label: string): string {
  return page.split("<tr>").find((row) => row.includes(`<th scope="row">${label}</th>`)) ?? "";
}

describe("a report", () => {
  test("shows every measure of every policy and labels the best value", async () => {
    const page = await renderReport(
      input(policy("ours"), policy("native", { money: 120, interrupted: 1 })),
    );
    expect(findRow(page, "jobs")).toContain("<td>1,234</td><td>1,234</td>".replace("><", ">\n<"));
    expect(findRow(page, "cost")).toContain('<td class="best"><strong>best</strong> $96.00</td>');
    expect(findRow(page, "cost")).toContain("<td>$120.00</td>");
    expect(findRow(page, "jobs interrupted")).toContain(
      '<td class="best"><strong>best</strong> 1</td>',
    );
    expect(findRow(page, "idle share")).not.toContain("best");
    expect(findRow(page, "from zero: scale-out after")).toContain("<td>–</td>");
  });

  test("lists the measures of a single run, without those that it does not have", async () => {
    const page = await renderReport(input(policy("ours")));
    expect(page).toContain("<div><dt>cost</dt><dd>$96.00</dd></div>");
    expect(page).not.toContain("<dt>from zero");
    expect(page).not.toContain('<table class="measures">');
  });

  test("has a bar per policy for each of the four figures; the largest value has full length", async () => {
    const page = await renderReport(
      input(policy("ours"), policy("native", { money: 120, idleShare: 0.5 })),
    );
    // 96 of 120, and 0.25 of 0.5
    expect(page).toContain('<div class="policy-0" style="width:80.0%">');
    expect(page).toContain('<div class="policy-0" style="width:50.0%">');
    // cost and idle share differ; waits and interruptions are those of ours
    expect(page.match(/<div class="policy-1" style="width:100.0%">/g)).toHaveLength(4);
  });

  test("says in its headline what a single run did", async () => {
    const page = await renderReport(input(policy("ours")));
    expect(page).toContain(
      "<h1>95\u00a0% of jobs began within 21\u00a0s; 3 were interrupted; $96.00 for the week, 25\u00a0% of it idle.</h1>",
    );
  });

  test("says in the headline of a comparison who wins what, and below it what the first policy did", async () => {
    const page = await renderReport(input(policy("ours"), policy("native", { money: 120 })));
    expect(page).toMatch(/<h1>Jobs begin about as soon with each policy .*; ours costs least/);
    expect(page).toContain('<p class="lead">With ours: 95\u00a0% of jobs began');
  });

  test("tells the command, the facts, the settings, the period and the version that it rests on", async () => {
    const page = await renderReport(input(policy("ours")));
    expect(page).toContain("<code>npx buildkite-scaling-loop simulate --seed 7</code>");
    expect(page).toContain("<div><dt>Boot</dt><dd>35 s</dd></div>");
    expect(page).toContain("<pre>scalers: &lt;all&gt;</pre>");
    expect(page).toContain("Mon 5 Jan 2026 00:00 to Mon 12 Jan 2026 00:00 UTC");
    expect(page).toContain("office-hours, seed 7");
    expect(page).toContain(`By ${PRODUCT} ${VERSION}.`);
  });

  test("embeds each trace, compressed, and the model", async () => {
    const page = await renderReport(input(policy("ours"), policy("ideal", {}, [])));
    const [, base64 = ""] = /id="trace-0-0">([^<]*)</.exec(page) ?? [];
    const trace = decodeTrace(inflateSync(Buffer.from(base64, "base64")).toString());
    expect([...trace.demand]).toEqual([0, 8]);
    expect(trace.decisions).toEqual(TRACE.decisions);
    const [, model = ""] = /id="report-model">([^<]*)</.exec(page) ?? [];
    expect(JSON.parse(model)).toMatchObject({
      fromMs: 1_767_571_200_000,
      toMs: 1_767_571_210_000,
      scalers: [{ name: "my-asg", agentsPerInstance: 4, points: [2, null] }],
    });
  });

  test("escapes HTML in names, reasons and titles", async () => {
    const evil = `</script><script>alert("1")</script>&'`;
    const decisions = TRACE.decisions.map((decision) => ({ ...decision, reasons: [evil] }));
    const scalers = [{ ...TRACE, name: evil, decisions }];
    const page = await renderReport({ ...input(policy(evil, {}, scalers)), title: evil });
    expect(page).not.toContain("<script>alert");
    expect(page).toContain(
      "<title>&lt;/script&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;</title>",
    );
    // the model, one trace and the client
    expect(page.match(/<script/g)).toHaveLength(3);
    expect(page.match(/<\/script/g)).toHaveLength(3);
  });

  test("has no URL that a browser would fetch", async () => {
    const page = await renderReport(input(policy("ours")));
    expect(page.match(/\s(?:src|href)="[^#"][^"]*"/g)).toEqual([' href="data:,"']);
    expect(page).not.toMatch(/@import|url\(/);
    expect(page).toContain("default-src 'none'".replaceAll("'", "&#39;"));
  });

  test("is identical for identical results", async () => {
    expect(await renderReport(input(policy("ours")))).toBe(
      await renderReport(input(policy("ours"))),
    );
  });

  test("has tables even if the policies have no trace", async () => {
    const page = await renderReport(input(policy("ours", {}, [])));
    expect(page).toContain("<div><dt>jobs</dt><dd>1,234</dd></div>");
    expect(page).not.toContain('id="trace-');
  });

  test("is written to a path whose folder does not exist yet", async () => {
    const folder = mkdtempSync(join(tmpdir(), "scaling-loop-report-"));
    const path = join(folder, "deep", "out.html");
    await writeReport(path, input(policy("ours")));
    expect(existsSync(path)).toBe(true);
    expect(readFileSync(path, "utf8")).toMatch(/^<!doctype html>\n/);
    rmSync(folder, { recursive: true });
  });
});
