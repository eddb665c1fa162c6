import { createServer, type RequestListener } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test, vi } from "vitest";
import { removeToken } from "../../../functions/clients/remove-token.ts";
import type { QueueFacts } from "../../../functions/core/facts.ts";
import { runInVirtualTime } from "../../../local/engine/virtual-time.ts";
import { createQueue } from "../../support/facts.ts";
import { createContext } from "../../support/lambda.ts";
import { captureOutput, parseLogLines, restoreOutput } from "../../support/output.ts";
import {
  createInput,
  HANDLERS,
  listCalls,
  newParameter,
  sandbox,
  world,
} from "../../support/sandbox.ts";
import {
  callState,
  delay,
  listRequestTimes,
  readResult,
  runStep,
  START,
} from "../../support/step.ts";

/** Buildkite's faults, tested through Fetch metrics. */

const ANSWER = { organization: { slug: "example" }, ...createQueue({ scheduled: 1 }, 2) };

function fetchMetrics(input: Record<string, unknown> = {}) {
  return readResult("Fetch metrics", { input: createInput(input) });
}

/** Makes Buildkite answer with a fault, `times` times or always. */
function injectAnswer(status: number, body: unknown = {}, headers: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const fault = { answer: { status, headers, body: text } };
  sandbox.faults.add({ service: "Buildkite", fault });
}

const servers: ReturnType<typeof createServer>[] = [];

/** Starts a server that replaces Buildkite. Returns its URL. */
async function otherServer(listener: RequestListener, onConnection = () => {}): Promise<string> {
  const server = createServer(listener).on("connection", onConnection);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no port was given");
  return `http://127.0.0.1:${address.port}`;
}

afterEach(() => {
  vi.restoreAllMocks();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe("a refusal by Buildkite", () => {
  test.each([
    [403, "BuildkiteForbidden", "does not let this agent token read metrics (403)"],
    [404, "BuildkiteNotFound", "does not know this address: is agentEndpoint right? (404)"],
    [429, "BuildkiteThrottled", "asks for fewer calls (429)"],
    [400, "BuildkiteInvalidAnswer", "answered with status 400"],
    [204, "BuildkiteInvalidAnswer", "answered with status 204"],
  ])("with %i is %s without a second attempt", async (status, error, why) => {
    injectAnswer(status, status === 204 ? "" : { message: "no" });
    const facts = await fetchMetrics();
    const message = `${sandbox.agentEndpoint} ${why}`;
    expect(facts).toMatchObject({ queuesFault: { error, message } });
    expect(facts).not.toHaveProperty("queues");
    expect(listCalls("Buildkite")).toHaveLength(1);
  });

  test.each([301, 302, 307, 308])(
    "with %i does not send the token to another host",
    async (status) => {
      const elsewhere: string[] = [];
      const location = await otherServer((request, response) => {
        elsewhere.push(request.url ?? "");
        response.end(JSON.stringify(ANSWER));
      });
      injectAnswer(status, "", { location });
      expect(await fetchMetrics()).toMatchObject({
        queuesFault: { error: "BuildkiteInvalidAnswer" },
      });
      expect(elsewhere).toEqual([]);
    },
  );
});

describe("a temporary failure", () => {
  const failures = [
    ["a 500", { answer: { status: 500, body: "" } }],
    ["a 503", { answer: { status: 503, body: "<html>" } }],
    ["a broken connection", "reset"],
    ["a call that hangs", "hang"],
  ] as const;

  test.each(failures)("has a second attempt: %s, then the facts", async (_, fault) => {
    world.setQueue("default", { scheduled: 1 });
    sandbox.faults.add({ service: "Buildkite", times: 1, fault });
    expect(await fetchMetrics()).toMatchObject({
      queues: { default: createQueue({ scheduled: 1 }) },
    });
    expect(listCalls("Buildkite")).toHaveLength(2);
  });

  test.each(failures)("is a fault after the second attempt: %s", async (_, fault) => {
    sandbox.faults.add({ service: "Buildkite", fault });
    expect(await fetchMetrics()).toMatchObject({ queuesFault: { error: "BuildkiteUnavailable" } });
    expect(listCalls("Buildkite")).toHaveLength(2);
  });

  test.each([
    [0, 100],
    [0.5, 300], // 100 + 0.5 * 400
    [0.9975, 499], // 100 + 0.9975 * 400
  ])("has its second attempt after a random pause of 0.1 to 0.5 s: %f", async (random, ms) => {
    vi.spyOn(Math, "random").mockReturnValue(random);
    injectAnswer(500);
    await fetchMetrics();
    expect(listRequestTimes("Buildkite")).toEqual([0, ms]);
  });

  test("is described in the fault's message", async () => {
    injectAnswer(502);
    expect(await fetchMetrics()).toHaveProperty(
      "queuesFault.message",
      `${sandbox.agentEndpoint} failed (502)`,
    );
  });
});

describe("a call that hangs", () => {
  test("is abandoned after 5 s, twice, and the step ends in time", async () => {
    world.setGroup("web", {});
    sandbox.faults.add({ service: "Buildkite", fault: "hang" });
    const { result, tookMs } = await runStep("Fetch metrics", { input: createInput() });
    expect(result).toMatchObject({
      groups: { web: { desired: 0 } },
      queuesFault: {
        error: "BuildkiteUnavailable",
        message: `${sandbox.agentEndpoint} did not answer within 5 s`,
      },
    });
    const [, second] = listRequestTimes("Buildkite");
    expect(second).toBeGreaterThanOrEqual(5100); // 5 s, and the pause
    expect(second).toBeLessThanOrEqual(5500);
    expect(tookMs).toBeGreaterThanOrEqual(10_100); // 5 s twice, and the pause
    expect(tookMs).toBeLessThanOrEqual(10_500);
  });

  test("ends with the step, without a second attempt, if little time is left", async () => {
    const agentTokenParameter = newParameter();
    sandbox.faults.add({ service: "SSM", fault: { before: delay(4500) } });
    sandbox.faults.add({ service: "SSM", times: 1, fault: "hang" });
    sandbox.faults.add({ service: "Buildkite", fault: "hang" });
    const input = createInput({ agentTokenParameter });
    const { result, tookMs } = await runStep("Fetch metrics", { input });
    expect(result).toMatchObject({ queuesFault: { error: "BuildkiteUnavailable" } });
    expect(listCalls("Buildkite")).toHaveLength(1);
    expect(tookMs).toBe(11_500); // 1.5 s before the end of 13 s
  });

  test("is abandoned if the answer starts and then stalls", async () => {
    const agentEndpoint = await otherServer((_, response) => response.write('{"organization":'));
    const { result, tookMs } = await runStep("Fetch metrics", {
      input: createInput({ agentEndpoint }),
    });
    expect(result).toHaveProperty("queuesFault", {
      error: "BuildkiteUnavailable",
      message: `${agentEndpoint} did not answer within 5 s`,
    });
    expect(tookMs).toBeLessThanOrEqual(10_500);
  });

  test("is a fault if the answer breaks off", async () => {
    const agentEndpoint = await otherServer((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write('{"organization":', () => response.destroy());
    });
    expect(await fetchMetrics({ agentEndpoint })).toMatchObject({
      queuesFault: { error: "BuildkiteUnavailable" },
    });
  });
});

describe("an answer that is not as Buildkite documents it", () => {
  test.each([
    ["is not JSON", "<html>Sorry</html>", 'they begin with "<html>Sorry</html>"'],
    ["is empty", "", 'they begin with ""'],
    ["is a list", [], "organization: is missing"],
    ["is null", "null", "the answer"],
    ["has no jobs", { ...ANSWER, jobs: undefined }, "jobs: is missing"],
    ["has no agents", { ...ANSWER, agents: undefined }, "agents: is missing"],
    ["has no organization", { ...ANSWER, organization: undefined }, "organization: is missing"],
    [
      "lacks a count",
      { ...ANSWER, jobs: { scheduled: 1, running: 0 } },
      "jobs.waiting: is missing",
    ],
    ["has a negative count", withScheduled(-1), "jobs.scheduled: -1 is not allowed"],
    ["has a fractional count", withScheduled(1.5), "jobs.scheduled: 1.5 is not allowed"],
    ["has a count that is a text", withScheduled("1"), 'jobs.scheduled: "1" is not allowed'],
    ["has null as a count", withScheduled(null), "jobs.scheduled: null is not allowed"],
    ["has a count that is too large", withScheduled(1e300), "jobs.scheduled: 1e+300 is not"],
  ])("is a fault: it %s", async (_, body, message) => {
    injectAnswer(200, body);
    const facts = await fetchMetrics();
    expect(facts).toHaveProperty("queuesFault.error", "BuildkiteInvalidAnswer");
    expect(facts).toHaveProperty("queuesFault.message", expect.stringContaining(message));
    expect(facts).not.toHaveProperty("queues");
    expect(listCalls("Buildkite")).toHaveLength(1);
  });

  test.each([
    ["a text that is not JSON", "x".repeat(300_000)],
    ["a long text as a count", withScheduled("x".repeat(300_000))],
  ])("is quoted in part only, because the state is limited: %s", async (_, body) => {
    injectAnswer(200, body);
    const { queuesFault } = Object(await fetchMetrics());
    expect(queuesFault.message.length).toBeLessThan(600);
  });

  test("is a fault if the parts of the jobs are not their total", async () => {
    injectAnswer(200, { ...ANSWER, jobs: { ...ANSWER.jobs, total: 10 } }); // 1 + 0 + 0
    expect(await fetchMetrics()).toHaveProperty("queuesFault", {
      error: "BuildkiteInvalidAnswer",
      message:
        "Buildkite's metrics contradict themselves: queue default: 1 scheduled, 0 running and 0 waiting jobs are not 10 in total",
    });
  });

  test("is no fault if only the parts of the agents are not their total", async () => {
    const agents = { idle: 1, busy: 1, total: 5 };
    injectAnswer(200, { ...ANSWER, agents });
    expect(await fetchMetrics()).toHaveProperty("queues.default.agents", agents);
  });

  test.each([
    [
      "a queue",
      { ...ANSWER, agents: { idle: 1, busy: 1, total: 5 } },
      "queue default: 1 idle and 1 busy agents are not 5 in total",
    ],
    ["a queue whose agents add up", { ...ANSWER, agents: { idle: 2, busy: 3, total: 5 } }],
  ])("is written to the log if the agents do not add up: %s", async (_, answer, doubt?: string) => {
    vi.stubEnv("LOG_LEVEL", "INFO");
    captureOutput();
    injectAnswer(200, answer);
    await fetchMetrics();
    restoreOutput();
    const doubts = parseLogLines().flatMap((line) => line.doubts ?? []);
    expect(doubts).toEqual(doubt === undefined ? [] : [doubt]);
  });

  test.each([
    ["a text that is not JSON", (token: string) => `<html>${token}</html>`],
    ["a count", (token: string) => withScheduled(token)],
  ])("is quoted without the token, which a proxy may repeat: %s", async (_, bodyWith) => {
    const agentEndpoint = await otherServer((request, response) => {
      const body = bodyWith(request.headers.authorization ?? "no token");
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
    const { queuesFault } = Object(await fetchMetrics({ agentEndpoint }));
    expect(queuesFault.error).toBe("BuildkiteInvalidAnswer");
    expect(queuesFault.message).toContain("Token (the agent token)");
    expect(queuesFault.message).not.toContain("bkct_");
  });
});

describe("an answer that repeats the token", () => {
  /** Writes each character as JSON may: `\\u0062` for b. */
  const escaped = (token: string, backslash = "\\") =>
    [...token].map((c) => `${backslash}u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");

  test.each([
    ["the organization", (token: string) => ({ organization: { slug: token } })],
    ["the cluster", (token: string) => ({ cluster: { name: `my ${token}` } })],
    ["a key", (token: string) => ({ [token]: 1 })],
  ])("in %s is kept without it, also if JSON escapes it", async (_, more) => {
    for (const write of [(token: string) => token, escaped]) {
      const agentEndpoint = await otherServer((request, response) => {
        const { authorization = "" } = request.headers;
        const body = JSON.stringify({ ...ANSWER, ...more("TOKEN") });
        response.end(body.replace("TOKEN", write(authorization.slice("Token ".length))));
      });
      const facts = await fetchMetrics({ agentEndpoint });
      expect(facts).toHaveProperty("queues.default");
      expect(JSON.stringify(facts)).not.toContain("bkct_");
    }
  });

  test("in JSON that is quoted in JSON is quoted without it", async () => {
    const agentEndpoint = await otherServer((request, response) => {
      const token = (request.headers.authorization ?? "").slice("Token ".length);
      response.end(`you sent "${escaped(token, "\\\\")}"`);
    });
    expect(await fetchMetrics({ agentEndpoint })).toHaveProperty(
      "queuesFault.message",
      expect.stringContaining('you sent \\"(the agent token)\\"'),
    );
  });

  test.each([
    ["as it is", "bk.ct+of/x="],
    ["with a slash that JSON escapes", "bk.ct+of\\/x="],
    ["with capital digits in escapes", "bk.ct\\u002Bof\\u002Fx\\u003D"],
  ])("is kept without a token of other characters, %s", (_, written) => {
    expect(removeToken(`you sent ${written}!`, "bk.ct+of/x=")).toBe("you sent (the agent token)!");
  });

  test("keeps what only looks like the token to a regular expression", () => {
    expect(removeToken("bkxct", "bk.ct")).toBe("bkxct");
  });

  test("is searched in linear time", () => {
    const startedMs = performance.now();
    removeToken("\\".repeat(4_000_000), "bkct_of-the-sandbox");
    expect(performance.now() - startedMs).toBeLessThan(5000); // quadratic: hours
  });
});

describe("an answer of many bytes", () => {
  /** Uses the real clock: the bytes take longer than a turn of virtual time. */
  async function fetchFrom(listener: RequestListener) {
    const agentEndpoint = await otherServer(listener);
    const input = createInput({ agentEndpoint });
    return Object(await HANDLERS["Fetch metrics"]({ input, execution: "e" }, createContext()));
  }

  const TOO_LONG = {
    error: "BuildkiteInvalidAnswer",
    message: expect.stringContaining("4194304 bytes"),
  };

  test("is read no further than 4 MB", async () => {
    let sentBytes = 0;
    const { queuesFault } = await fetchFrom((_, response) => {
      const chunk = Buffer.alloc(65_536, 32);
      const send = () => {
        if (response.destroyed) return;
        sentBytes += chunk.length;
        if (response.write(chunk)) setImmediate(send);
        else response.once("drain", send);
      };
      send();
    });
    expect(queuesFault).toEqual(TOO_LONG);
    expect(sentBytes).toBeLessThan(40_000_000); // 4 MB, and what the sockets hold
  });

  test("is decompressed no further than 4 MB", async () => {
    const bomb = gzipSync(Buffer.alloc(200_000_000)); // 200 KB
    const beforeBytes = process.memoryUsage().rss;
    const { queuesFault } = await fetchFrom((_, response) => {
      response.setHeader("content-encoding", "gzip");
      response.end(bomb);
    });
    expect(queuesFault).toEqual(TOO_LONG);
    expect(process.memoryUsage().rss - beforeBytes).toBeLessThan(100_000_000);
  });

  test("may be compressed", async () => {
    const { queues } = await fetchFrom((_, response) => {
      response.setHeader("content-encoding", "gzip");
      response.end(gzipSync(JSON.stringify(ANSWER)));
    });
    expect(queues).toEqual({ default: createQueue({ scheduled: 1 }, 2) });
  });

  test("is a fault if it is not compressed as it says", async () => {
    const { queuesFault } = await fetchFrom((_, response) => {
      response.setHeader("content-encoding", "gzip");
      response.end(JSON.stringify(ANSWER));
    });
    expect(queuesFault).toMatchObject({ error: "BuildkiteUnavailable" });
  });
});

describe("a refusal with Retry-After", () => {
  test.each([
    ["20", 20],
    ["0", 0],
    ["60", 60],
    ["61", 60],
    ["86400", 60], // A longer wait would end the slot.
    ["Mon, 05 Jan 2026 09:00:30 GMT", 30],
    ["Mon, 05 Jan 2026 10:00:00 GMT", 60],
    ["Mon, 05 Jan 2026 08:00:00 GMT", 0],
    ["soon", undefined],
    ["-1", undefined],
  ])("%s asks for a poll after %s s", async (header, seconds) => {
    injectAnswer(429, "", { "retry-after": header });
    const facts = Object(await fetchMetrics());
    expect(facts.queuesFault.error).toBe("BuildkiteThrottled");
    expect(facts.minimumPollSeconds).toBe(seconds);
  });

  test("delays no poll if Buildkite does not say how long", async () => {
    injectAnswer(429);
    expect(await fetchMetrics()).not.toHaveProperty("minimumPollSeconds");
  });
});

describe("the connection to Buildkite", () => {
  test("stays open between two polls", async () => {
    let connections = 0;
    const listener: RequestListener = (_, response) => response.end(JSON.stringify(ANSWER));
    const agentEndpoint = await otherServer(listener, () => (connections += 1));
    const event = { input: createInput({ agentEndpoint }) };
    await runInVirtualTime(Date.parse(START), async () => {
      for (const pauseMs of [0, 10_000, 30_000]) {
        await delay(pauseMs)();
        await callState("Fetch metrics", event);
      }
    });
    expect(connections).toBe(1);
  });
});

function withScheduled(scheduled: unknown) {
  return { ...ANSWER, jobs: { ...ANSWER.jobs, scheduled } };
}

describe("an answer for a whole cluster", () => {
  const scalers = ["a", "b"].map((name) => ({ queue: name, group: name, agentsPerInstance: 1 }));
  const { organization } = ANSWER;
  const one = createQueue({ scheduled: 1 }, 2);

  test("may contain only the jobs or only the agents of a queue", async () => {
    injectAnswer(200, {
      organization,
      jobs: { ...one.jobs, queues: { a: one.jobs } },
      agents: { ...one.agents, queues: { b: one.agents } },
    });
    expect(await fetchMetrics({ scalers })).toMatchObject({
      queues: {
        a: { ...createQueue({}), jobs: one.jobs },
        b: { ...createQueue({}), agents: one.agents },
      },
    });
  });

  test("may lack a map if its total is 0", async () => {
    injectAnswer(200, { organization, ...createQueue({}) });
    expect(await fetchMetrics({ scalers })).toMatchObject({ queues: {} });
  });

  test.each([
    ["jobs", createQueue({ running: 1 })],
    ["agents", createQueue({}, 1)],
  ])("may not lack the map of %s if the total is above 0", async (_, all) => {
    injectAnswer(200, { organization, ...all });
    expect(await fetchMetrics({ scalers })).toMatchObject({
      queuesFault: {
        error: "BuildkiteInvalidAnswer",
        message: expect.stringContaining("a map of queues"),
      },
    });
  });

  test("may not lack both the map of jobs and their totals", async () => {
    injectAnswer(200, { organization, jobs: {}, agents: { ...createQueue({}).agents } });
    expect(await fetchMetrics({ scalers })).toMatchObject({
      queuesFault: {
        error: "BuildkiteInvalidAnswer",
        message: expect.stringContaining("a map of queues"),
      },
    });
  });

  /** Returns an answer whose totals are those of `all`, with these queues. */
  function clusterOf(all: QueueFacts, jobs: object, agents: object = {}) {
    const total = all.jobs.scheduled + all.jobs.running + all.jobs.waiting;
    return {
      organization,
      jobs: { ...all.jobs, total, queues: jobs },
      agents: { ...all.agents, queues: agents },
    };
  }

  test("holds only the queue with an invalid count", async () => {
    injectAnswer(200, clusterOf(one, { a: one.jobs, b: { ...one.jobs, running: -1 } }));
    expect(await fetchMetrics({ scalers })).toMatchObject({
      queues: {
        a: { jobs: one.jobs },
        b: { fault: { message: expect.stringContaining("queue b: jobs.running: -1") } },
      },
    });
  });

  test.each([
    [
      "agents that are a text",
      { a: one.jobs },
      { a: { ...one.agents, total: "2" } },
      "agents.total",
    ],
    ["no agents as null", { a: one.jobs }, { a: null }, "agents: null"],
    ["jobs as a list", { a: [] }, {}, "jobs.scheduled: is missing"],
    [
      "parts that are not its total", // 1 + 0 + 0
      { a: { ...one.jobs, total: 10 } },
      {},
      "1 scheduled, 0 running and 0 waiting jobs are not 10 in total",
    ],
  ])("holds a queue with %s", async (_, jobs, agents, message) => {
    injectAnswer(200, clusterOf(createQueue({ scheduled: 1 }), jobs, agents));
    const { queues } = Object(await fetchMetrics({ scalers }));
    expect(queues.a).toEqual({
      fault: { error: "BuildkiteInvalidAnswer", message: expect.stringContaining(message) },
    });
  });

  test("is not held by a count of a queue that nobody asked for", async () => {
    const nobodys = { scheduled: "many", running: -1, waiting: null };
    injectAnswer(200, clusterOf(one, { a: one.jobs, nobodys }, { a: one.agents, nobodys: 7 }));
    const { queues } = Object(await fetchMetrics({ scalers }));
    expect(queues).toEqual({ a: one }); // The totals count the job of a, so b has none.
  });

  test.each([
    [
      "the maps are empty",
      createQueue({ scheduled: 10 }, 10),
      {},
      "10 scheduled jobs, the queues 0",
    ],
    [
      "one running job is missing",
      createQueue({ scheduled: 1, running: 1 }, 2),
      { a: one.jobs },
      "1 running jobs, the queues 0",
    ],
    [
      "one waiting job is missing",
      createQueue({ scheduled: 1, waiting: 3 }, 2),
      { a: one.jobs },
      "3 waiting jobs, the queues 0",
    ],
    [
      "another queue's count is invalid",
      createQueue({ scheduled: 5 }, 2),
      { a: one.jobs, c: { ...one.jobs, scheduled: -4 } },
      "5 scheduled jobs, the queues 1",
    ],
  ])("holds a missing queue, and no other, if %s", async (_, all, jobs, message) => {
    injectAnswer(200, clusterOf(all, jobs));
    const { queues } = Object(await fetchMetrics({ scalers }));
    expect(queues.b).toEqual({
      fault: {
        error: "BuildkiteInvalidAnswer",
        message: `Buildkite's metrics contradict themselves: queue b: is missing, but the totals count ${message}`,
      },
    });
    if ("a" in jobs) expect(queues.a).toMatchObject({ jobs: one.jobs });
  });

  test.each([
    ["a text", { ...one.jobs, scheduled: "1" }],
    ["missing", { running: 0, waiting: 0 }],
  ])("holds a missing queue, and no other, if a total is %s", async (_, totals) => {
    injectAnswer(200, { ...clusterOf(one, {}), jobs: { ...totals, queues: { a: one.jobs } } });
    const { queues } = Object(await fetchMetrics({ scalers }));
    expect(queues).toMatchObject({
      a: { jobs: one.jobs },
      b: { fault: { message: expect.stringContaining("there is no total of scheduled jobs") } },
    });
  });

  test("holds a missing queue if only the total of all jobs counts more than the queues have", async () => {
    const none = createQueue({});
    injectAnswer(200, {
      organization,
      jobs: { ...none.jobs, total: 5, queues: {} },
      agents: { ...none.agents, queues: {} },
    });
    const { queues } = Object(await fetchMetrics({ scalers }));
    expect(queues.a.fault.message).toContain("the totals count 5 jobs, the queues 0");
  });

  test("may have totals that count fewer jobs than its queues: then no queue is missing", async () => {
    injectAnswer(200, clusterOf(createQueue({}), { a: one.jobs }));
    const { queues } = Object(await fetchMetrics({ scalers }));
    expect(queues).toEqual({ a: { ...createQueue({}), jobs: one.jobs } });
  });

  test("may have agents that do not add up: a total may contain paused agents", async () => {
    const paused = { idle: 1, busy: 0, total: 3 };
    injectAnswer(200, clusterOf({ ...one, agents: paused }, { a: one.jobs }, { a: paused }));
    const { queues } = Object(await fetchMetrics({ scalers }));
    expect(queues).toEqual({ a: { jobs: one.jobs, agents: paused } });
  });

  test.each([
    [3, undefined],
    [4, "the totals count 4 agents, the queues 3"],
    [undefined, "the totals count an unknown number of agents, the queues 3"],
  ])(
    "with a total of %j for 3 agents in its queues writes to the log: %j",
    async (total, doubt) => {
      vi.stubEnv("LOG_LEVEL", "INFO");
      captureOutput();
      const { jobs, agents } = createQueue({}, 3);
      injectAnswer(200, {
        organization,
        jobs: { ...jobs, total: 0, queues: {} },
        agents: { ...agents, total, queues: { a: agents } },
      });
      await fetchMetrics({ scalers });
      restoreOutput();
      const doubts = parseLogLines().flatMap((line) => line.doubts ?? []);
      expect(doubts).toEqual(doubt === undefined ? [] : [doubt]);
    },
  );

  test("may have no cluster, if the token belongs to none", async () => {
    injectAnswer(200, { ...ANSWER, cluster: null });
    const facts = await fetchMetrics();
    expect(facts).toHaveProperty("organization", "example");
    expect(facts).not.toHaveProperty("cluster");
  });
});

describe("the age of an answer", () => {
  test("counts from the request if it has no Date", async () => {
    const agentEndpoint = await otherServer((_, response) => {
      response.sendDate = false;
      setTimeout(() => response.end(JSON.stringify(ANSWER)), 3000);
    });
    expect(await fetchMetrics({ agentEndpoint })).toHaveProperty("metricsAgeSeconds", 3);
  });

  test("counts from the request if its Date is invalid", async () => {
    const agentEndpoint = await otherServer((_, response) => {
      response.setHeader("date", "yesterday");
      setTimeout(() => response.end(JSON.stringify(ANSWER)), 2000);
    });
    expect(await fetchMetrics({ agentEndpoint })).toHaveProperty("metricsAgeSeconds", 2);
  });
});
