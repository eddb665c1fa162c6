import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  LONGEST_MESSAGE_BYTES,
  NamedFault,
  shortenMessage,
} from "../../../functions/core/faults.ts";

describe("a message that quotes somebody else", () => {
  test("stays as it is if it is short", () => {
    const exact = "x".repeat(LONGEST_MESSAGE_BYTES);
    expect([shortenMessage("Rate exceeded"), shortenMessage(exact)]).toEqual([
      "Rate exceeded",
      exact,
    ]);
  });

  test("ends in an ellipsis if it is longer", () => {
    const cut = `${"x".repeat(LONGEST_MESSAGE_BYTES - 3)}…`; // … has 3 bytes
    expect(shortenMessage("x".repeat(LONGEST_MESSAGE_BYTES + 1))).toBe(cut);
    expect(shortenMessage("x".repeat(1_000_000))).toBe(cut);
  });

  test("is cut between two characters", () => {
    expect(shortenMessage("ü".repeat(200))).toBe(`${"ü".repeat(148)}…`); // 297 / 2 bytes
    expect(shortenMessage("🚀".repeat(200))).toBe(`${"🚀".repeat(74)}…`); // 297 / 4 bytes
  });

  test("is one line without control characters", () => {
    expect(shortenMessage("one\r\ntwo\u001b[31m\u0000three")).toBe("one two [31m three");
  });

  test("never has more bytes than allowed, and never loses its beginning", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (message) => {
        const short = shortenMessage(message);
        expect(Buffer.byteLength(short)).toBeLessThanOrEqual(LONGEST_MESSAGE_BYTES);
        if (/^[ -~]/.test(message)) expect(short[0]).toBe(message[0]);
      }),
    );
  });

  test("is shortened in every fault", () => {
    const { message } = new NamedFault("BuildkiteUnavailable", "x".repeat(2283));
    expect(message.length).toBeLessThanOrEqual(LONGEST_MESSAGE_BYTES);
  });
});
