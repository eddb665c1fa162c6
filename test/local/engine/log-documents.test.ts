import { describe, expect, test } from "vitest";
import { parseEvents } from "../../../local/engine/history.ts";
import { splitDocuments } from "../../../local/engine/log-documents.ts";

const START = Date.parse("2026-01-05T09:00:00Z");

function message(id: number): string {
  return JSON.stringify({
    id: String(id),
    type: "Any",
    details: { input: '{"a":"}{\\n["}' },
    previous_event_id: String(id - 1),
    event_timestamp: String(START + id),
    execution_arn: "arn:aws:states:eu-west-1:123456789012:express:scaling-loop:one:a",
  });
}

/** A page of `--output json`. */
function page(...ids: number[]): string {
  return JSON.stringify({ events: ids.map((id) => ({ message: message(id) })) }, undefined, 4);
}

/** A line of `--output text`. */
function textLine(id: number): string {
  return `EVENTS\t39\t${START}\tstates/loop/2026-01-05\t${message(id)}\t${START}`;
}

function parseIds(text: string): string[] {
  return parseEvents(text).events.map(({ id }) => id);
}

describe("the events in the output of the AWS CLI", () => {
  test.each([
    { how: "one page", text: page(1, 2) },
    { how: "pages one after another", text: `${page(1)}\n${page(2)}\n` },
    { how: "pages without a line break between them", text: page(1) + page(2) },
    {
      how: "pages with Windows line ends",
      text: `${page(1)}\n${page(2)}`.replaceAll("\n", "\r\n"),
    },
    { how: "a page and an event a line", text: `${page(1)}\n${message(2)}` },
    {
      how: "messages as JSON texts, one a line",
      text: [1, 2].map((id) => JSON.stringify(message(id))).join("\n"),
    },
    {
      how: "--output text",
      text: `${textLine(1)}\n${textLine(2)}\nSEARCHEDLOGSTREAMS\tTrue\tstates\n`,
    },
    { how: "messages of --output text, tabs between them", text: `${message(1)}\t${message(2)}\n` },
  ])("are found in $how", ({ text }) => {
    expect(parseEvents(text).unread).toEqual([]);
    expect(parseIds(text)).toEqual(["1", "2"]);
  });

  test.each(["", "\n", "None\n"])("do not exist in %j", (text) => {
    expect(parseEvents(text)).toEqual({ events: [], unread: [] });
  });
});

describe("other events are found if one is cut off:", () => {
  const cut = message(2).slice(0, 60);

  test.each([
    { what: "a line", text: [message(1), cut, message(3)].join("\n"), line: 2 },
    {
      what: "a line of --output text",
      text: [textLine(1), `EVENTS\t39\t${cut}`, textLine(3)].join("\n"),
      line: 2,
    },
    // Pretty-printed, a page of one event has 7 lines: the second begins at the 8th.
    { what: "a page", text: `${page(1)}\n${page(2).slice(0, 80)}\n${page(3)}`, line: 8 },
  ])("$what", ({ text, line }) => {
    expect(parseIds(text)).toEqual(["1", "3"]);
    expect(parseEvents(text).unread).toEqual([{ line, what: "is not JSON, or was cut off" }]);
  });
});

test("a document that is not an event is described, and never quoted", () => {
  const { unread } = parseEvents('{"token":"secret"}\nTOKEN=secret');
  expect(unread).toEqual([
    { line: 1, what: "is not an event of an execution: id is missing or invalid" },
    { line: 2, what: "is not JSON, or was cut off" },
  ]);
});

test("each document has the line on which it begins", () => {
  expect(splitDocuments('{\n  "a": 1\n}\n{\n  "b": 2\n}\nx')).toEqual([
    { line: 1, value: { a: 1 } },
    { line: 4, value: { b: 2 } },
    { line: 7 },
  ]);
});
