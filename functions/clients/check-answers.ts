import { Readable } from "node:stream";
import type { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import * as v from "valibot";
import { NamedFault } from "../core/faults.ts";

const answerSchema = v.object({ statusCode: v.literal(200), body: v.instance(Readable) });

/**
 * Checks what Auto Scaling answers before the client reads it, because the client reads an empty answer as
 * success and an empty number as 0.
 */
export function checkAnswers(client: AutoScalingClient): AutoScalingClient {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { response } = result;
      if (!v.is(answerSchema, response)) return result;
      const body = await readBody(response.body);
      return { ...result, response: Object.assign(response, { body }) };
    },
    { step: "deserialize", priority: "low" },
  );
  return client;
}

async function readBody(body: Readable): Promise<Uint8Array> {
  const bytes = Buffer.concat(await body.toArray());
  if (bytes.length === 0) throw invalidAnswer("it is empty");
  return dropEmptyNumbers(bytes);
}

const EMPTY_NUMBERS = ["MinSize", "MaxSize", "DesiredCapacity"].flatMap((name) => [
  `<${name}></${name}>`,
  `<${name}/>`,
]);

/** Answers can be megabytes, so they are only decoded if something is empty. */
function dropEmptyNumbers(bytes: Buffer): Uint8Array {
  const isOneEmpty = EMPTY_NUMBERS.some((tags) => bytes.includes(tags));
  if (!isOneEmpty) return bytes;
  const text = EMPTY_NUMBERS.reduce((rest, tags) => rest.replaceAll(tags, ""), bytes.toString());
  return Buffer.from(text);
}

/** Returns the fault of an answer that lacks something. */
export function invalidAnswer(why: string): NamedFault {
  return new NamedFault("AutoScalingInvalidAnswer", `Auto Scaling's answer makes no sense: ${why}`);
}
