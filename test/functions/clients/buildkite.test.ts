import { createServer, type RequestListener } from "node:http";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createQueue } from "../../support/facts.ts";
import { createInput, listCalls, newParameter, sandbox, world } from "../../support/sandbox.ts";
import { delay, listRequestTimes, readResult, runStep } from "../../support/step.ts";

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
async function otherServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
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

  test("is refused as a whole if one count is invalid", async () => {
    injectAnswer(200, {
      organization,
      jobs: { ...one.jobs, queues: { a: one.jobs, b: { ...one.jobs, running: -1 } } },
      agents: { ...one.agents, queues: {} },
    });
    expect(await fetchMetrics({ scalers })).toMatchObject({
      queuesFault: { message: expect.stringContaining("jobs.queues.b.running: -1") },
    });
  });

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
