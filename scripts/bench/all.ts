import { startMeasurement } from "../../local/measure/measured-loop.ts";
import { benchDecisions } from "./decision.ts";
import { benchLatency } from "./latency.ts";
import { describeMachine } from "./machine.ts";
import { benchPollFigures } from "./poll-figures.ts";
import { benchSimulator } from "./simulator.ts";

/** Measures and prints the figures of docs/performance.md, except those of events.ts. */
console.log(describeMachine());
benchDecisions();
const createLoop = await startMeasurement();
await benchLatency(createLoop);
await benchPollFigures(createLoop);
await createLoop(1).sandbox.close();
await benchSimulator();
