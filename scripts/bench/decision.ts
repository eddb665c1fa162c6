import { decidePoll } from "../../functions/core/poll.ts";
import { percentile, sortValues } from "../../simulation/statistics.ts";
import { createExampleFacts } from "./example-facts.ts";
import { printHeading, printTable } from "./print.ts";

const WARM_UP = 2000;
const ROUNDS = 2000;

/** Returns the median time of all decisions of one poll, in microseconds. */
function measureDecisionMicroseconds(scalers: number): number {
  const facts = createExampleFacts(scalers);
  const rounds = Math.ceil(ROUNDS / scalers) + 50;
  for (let round = 0; round < WARM_UP / scalers; round += 1) decidePoll(facts);
  const times = Array.from({ length: rounds }, () => {
    const startedMs = performance.now();
    decidePoll(facts);
    return (performance.now() - startedMs) * 1000;
  });
  return percentile(sortValues(times), 0.5) ?? 0;
}

/** (a) and (e): the time to decide, and how it grows with the number of scalers. */
export function benchDecisions(): void {
  printHeading(
    "a, e  Deciding one poll: rules, reasons and next state, without Lambda (median)",
    "linear if the last column stays about the same",
  );
  const rows = [1, 10, 100, 250, 500, 1000].map((scalers) => {
    const us = measureDecisionMicroseconds(scalers);
    return [String(scalers), us.toFixed(1), (us / scalers).toFixed(2)];
  });
  printTable(["scalers", "µs a poll", "µs a scaler"], rows);
}
