import { createMeasuredLoops } from "../../local/measured-loop.ts";
import { benchCosts } from "../../local/poll-bytes.ts";
import { benchDecisions } from "./decision.ts";
import { benchLatency } from "./latency.ts";
import { describeMachine } from "./machine.ts";
import { benchSimulator } from "./simulator.ts";

/** Prints every figure of docs/performance.md, measured here and now. */
console.log(describeMachine());
benchDecisions();
const loopOf = await createMeasuredLoops();
await benchLatency(loopOf);
await benchCosts(loopOf);
await loopOf(1).sandbox.close();
benchSimulator();
