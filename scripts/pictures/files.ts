import { resolve } from "node:path";
import { readDefinition } from "../../config/definition.ts";
import { cutIntoPolls, readHistories } from "../../local/engine/history.ts";
import { machinePicture } from "./machine.ts";
import { pollPicture } from "./poll.ts";

const FOLDER = resolve(import.meta.dirname, "../../docs/images");

/** The recorded poll that is drawn: a real history, so that its times are nobody's invention. */
export const RECORDED_POLL = resolve(FOLDER, "poll.history.json");

/**
 * Every picture, as the definition and the recorded poll are now, by the path of its file.
 * @throws Error where the record holds no poll
 */
export async function pictures(): Promise<Record<string, string>> {
  const [history = []] = await readHistories(RECORDED_POLL);
  const [poll] = cutIntoPolls(history);
  if (poll === undefined) throw new Error(`${RECORDED_POLL} holds no poll`);
  return {
    [resolve(FOLDER, "state-machine.svg")]: machinePicture(readDefinition()),
    [resolve(FOLDER, "poll.svg")]: pollPicture(poll),
  };
}
