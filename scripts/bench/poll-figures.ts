import { measureQuietPoll, measureScalingPoll } from "../../local/measure/measure-polls.ts";
import type { CreateMeasuredLoop } from "../../local/measure/measured-loop.ts";
import { formatKilobytes } from "../format-kilobytes.ts";
import { printHeading, printTable } from "./print.ts";

/** Numbers of scalers. */
const SIZES = [1, 20, 100];

/** (c) and (d): calls and logged bytes of a poll. */
export async function benchPollFigures(createLoop: CreateMeasuredLoop): Promise<void> {
  const rows: string[][] = [];
  for (const scalers of SIZES) {
    const quiet = await measureQuietPoll(createLoop(scalers));
    const scaling = await measureScalingPoll(createLoop(scalers));
    rows.push([
      String(scalers),
      String(quiet.calls),
      String(scaling.calls),
      `${quiet.events} / ${formatKilobytes(quiet.bytes)}`,
      `${scaling.events} / ${formatKilobytes(scaling.bytes)}`,
    ]);
  }
  printHeading(
    "c, d  Calls of a poll, and the events and KB (1,024 bytes) that Express logs for it",
    "a scaling poll here is the most expensive one: it scales out every group",
  );
  printTable(["scalers", "calls quiet", "calls scaling", "log quiet", "log scaling"], rows);
}
