import { startMeasurement } from "../../local/measure/measured-loop.ts";
import { benchDecisions } from "./decision.ts";
import { benchLatency } from "./latency.ts";
import { describeMachine } from "./machine.ts";
import { benchPollFigures } from "./poll-figures.ts";
import { benchSimulator } from "./simulator.ts";

/** Measures and prints every figure of docs/performance.md. */
console.log(describeMachine());
benchDecisions();
const createLoop = await startMeasurement();
await benchLatency(createLoop);
await benchPollFigures(createLoop);
await createLoop(1).sandbox.close();
await benchSimulator();
