import { stripVTControlCharacters } from "node:util";
import { Command } from "commander";
import { afterEach, expect, test, vi } from "vitest";
import { addCost } from "../../../cli/cost/command.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

async function cost(...args: string[]): Promise<string> {
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((text) => void lines.push(String(text)));
  const program = new Command().exitOverride();
  addCost(program);
  for (const command of program.commands)
    command.exitOverride().configureOutput({ writeErr: () => {} });
  await program.parseAsync(["cost", ...args], { from: "user" });
  return stripVTControlCharacters(lines.join("\n"));
}

test("cost measures polls and prints the items of a month next to those of buildkite-agent-scaler", async () => {
  const text = await cost("--queues", "1", "--no-metrics");
  expect(text).toContain("1 queue in 1 loop, US dollars per month");
  expect(text).toMatch(/^ +Lambda duration +0\.\d\d +4\.56$/m);
  expect(text).toMatch(/^ +total +\d+\.\d\d +4\.69$/m); // 4.57 and 262,800 x 500 bytes of log, $0.07
  expect(text).toMatch(/^ +\d\.\d\d x the cost of buildkite-agent-scaler$/m);
  expect(text).toContain("Prices: us-east-1, September 2026");
}, 30_000);

test("cost refuses a poll interval that is too long for events", async () => {
  await expect(cost("--events", "60", "--poll-interval", "21s")).rejects.toThrow(
    "error: --poll-interval 21s is not allowed with --events; allowed: at most 20s",
  );
});

test.each([["0"], ["many"], ["10001"], ["1.5"]])("cost refuses %s queues", async (count) => {
  await expect(cost("--queues", count)).rejects.toThrow("allowed:");
});
