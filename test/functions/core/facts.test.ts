import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { observationSchema } from "../../../functions/core/facts.ts";
import { instantSchema } from "../../../functions/core/instant.ts";
import { INHERITED_NAMES } from "../../support/arbitraries.ts";
import { createGroup, createQueue, NOW } from "../../support/facts.ts";
import { listProblems } from "../../support/problems.ts";

describe("an observation", () => {
  test("is parsed as it is if it is complete", () => {
    const whole = {
      observedAt: NOW,
      minimumPollSeconds: 10,
      metricsAgeSeconds: 0,
      organization: "acme",
      cluster: "Main",
      queues: { default: createQueue({ scheduled: 1 }, 2) },
      queuesFault: { error: "E", message: "m" },
      groups: {
        agents: createGroup({ desired: 1 }),
        gone: { fault: { error: "E", message: "m" } },
      },
      groupsFault: { error: "E", message: "m" },
    };
    expect(v.parse(observationSchema, whole)).toEqual(whole);
  });

  test("loses unknown keys, so that the state stays small", () => {
    const group = createGroup({ desired: 1 });
    const chatty = { observedAt: NOW, etag: "x", groups: { agents: { ...group, arn: "arn:..." } } };
    expect(v.parse(observationSchema, chatty)).toEqual({
      observedAt: NOW,
      groups: { agents: group },
    });
  });

  test("may be a failure of Fetch metrics, with or without a cause", () => {
    const failure = { Error: "States.Timeout", Cause: "" };
    expect(v.parse(observationSchema, failure)).toEqual(failure);
    expect(v.parse(observationSchema, { Error: "States.Timeout" })).toEqual({
      Error: "States.Timeout",
    });
  });

  test.each(INHERITED_NAMES)("keeps a queue and a group called %s", (name) => {
    const group = '{"desired":1,"min":0,"max":9,"inService":1,"pending":0}';
    const queue = JSON.stringify(createQueue({}));
    const written = `{"observedAt":"${NOW}","queues":{"${name}":${queue}},"groups":{"${name}":${group}}}`;
    const parsed: unknown = v.parse(observationSchema, JSON.parse(written));
    expect(JSON.stringify(parsed)).toBe(written);
  });

  test.each(["active", "activating", "deactivating", "inactive", "failed", "not-found"])(
    "may have an instance's answer that its agents are %s",
    (state) => {
      const answer = {
        at: NOW,
        platform: "windows",
        state,
        jobs: 0,
        uptimeSeconds: 1,
        bootId: "b",
      };
      const observation = { observedAt: NOW, answers: { "i-0a": answer } };
      expect(v.parse(observationSchema, observation)).toEqual(observation);
    },
  );

  test.each(["pending", "yes", "no"])("may have a stop whose delivery is %j", (delivered) => {
    const observation = { observedAt: NOW, stops: { "i-0a": { at: NOW, delivered } } };
    expect(v.parse(observationSchema, observation)).toEqual(observation);
  });

  test.each(["facts", 5, null, undefined])("is refused if it is %j", (input) => {
    expect(listProblems(observationSchema, input)).toHaveLength(1);
    expect(listProblems(observationSchema, { observedAt: NOW, groups: { a: input } })).toHaveLength(
      1,
    );
  });

  test("is refused with a fault whose name or message is no text", () => {
    const input = { observedAt: NOW, queuesFault: { error: 5, message: null } };
    expect(listProblems(observationSchema, input)).toEqual([
      "queuesFault.error: 5 is not allowed; allowed: a text",
      "queuesFault.message: null is not allowed; allowed: a text",
    ]);
  });

  test("is refused with every invalid count", () => {
    const group = { ...createGroup({ desired: 1 }), desired: -1, pending: 0.5 };
    const queue = {
      jobs: { scheduled: 0, running: "3", waiting: 0 },
      agents: { busy: 0, total: 0 },
    };
    const input = { observedAt: "now", queues: { web: queue }, groups: { agents: group } };
    expect(listProblems(observationSchema, input)).toEqual([
      'observedAt: "now" is not allowed; allowed: a time such as 2026-01-05T09:00:00Z',
      'queues.web.jobs.running: "3" is not allowed; allowed: a whole number of at least 0',
      "queues.web.agents.idle: is missing",
      "groups.agents.desired: -1 is not allowed; allowed: a whole number of at least 0",
      "groups.agents.pending: 0.5 is not allowed; allowed: a whole number of at least 0",
    ]);
  });
});

test("an instant is a text", () => {
  expect(v.is(instantSchema, NOW)).toBe(true);
  expect(v.is(instantSchema, Date.parse(NOW))).toBe(false);
});
