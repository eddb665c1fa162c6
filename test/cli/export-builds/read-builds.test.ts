import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { type ExportedBuild, readBuilds } from "../../../cli/export-builds/read-builds.ts";
import { RESET_SECONDS, type RestBuild, startRestServer } from "../../support/buildkite-rest.ts";

const TOKEN = "bkua_never-to-be-seen";
const MONDAY = Date.parse("2026-01-05T00:00:00Z");
const HOUR = 3_600_000;

const server = await startRestServer({
  token: TOKEN,
  organization: "example",
  builds: [],
  callsLeft: 50,
  failures: [],
});
afterAll(() => server.close());

beforeEach(() => {
  server.queries.length = 0;
  Object.assign(server.settings, {
    token: TOKEN,
    callsLeft: 50,
    failures: [],
    nextOrigin: undefined,
  });
  server.settings.builds = Array.from({ length: 7 }, (_, hour) => createBuild(hour));
});

function createBuild(hour: number): RestBuild {
  const created_at = new Date(MONDAY + hour * HOUR).toISOString();
  return {
    id: `build-${hour}`,
    created_at,
    env: { PASSWORD: "hunter2" },
    message: "Fix the thing",
    jobs: [
      {
        id: `job-${hour}`,
        type: "script",
        command: "make secret",
        agent_query_rules: ["queue=default"],
        created_at,
        scheduled_at: created_at,
        runnable_at: created_at,
        started_at: created_at,
        finished_at: created_at,
      },
      { type: "waiter" },
    ],
  };
}

/** Reads all pages. Returns the builds and how long each wait was. */
async function readAll(change: { endpoint?: string; organization?: string; toMs?: number } = {}) {
  const waits: number[] = [];
  const builds: ExportedBuild[] = [];
  const request = {
    endpoint: server.endpoint,
    organization: "example",
    token: TOKEN,
    fromMs: MONDAY,
    toMs: MONDAY + 24 * HOUR,
    pageSize: 3,
    ...change,
  };
  const wait = async (seconds: number) => {
    waits.push(seconds);
    server.settings.callsLeft = 50; // The next window begins.
  };
  for await (const page of readBuilds(request, { wait })) builds.push(...page);
  return { builds, waits };
}

describe("readBuilds", () => {
  test("follows all pages, and asks for retried jobs", async () => {
    const { builds, waits } = await readAll();
    expect(builds.map(({ jobs }) => jobs[0]?.id)).toEqual(
      [6, 5, 4, 3, 2, 1, 0].map((hour) => `job-${hour}`),
    );
    expect(waits).toEqual([]);
    expect(server.queries).toHaveLength(3);
    for (const query of server.queries) expect(query.get("include_retried_jobs")).toBe("true");
  });

  test("reads only the time that is asked for", async () => {
    const { builds } = await readAll({ toMs: MONDAY + 2 * HOUR });
    expect(builds).toHaveLength(2);
  });

  test("keeps only what the simulator reads", async () => {
    const { builds } = await readAll();
    const text = JSON.stringify(builds);
    expect(text).not.toMatch(/hunter2|Fix the thing|make secret/);
    expect(builds[0]?.jobs[0]).toMatchObject({ agent_query_rules: ["queue=default"] });
  });

  test("waits for the next window if a limit is used up", async () => {
    server.settings.callsLeft = 1;
    const { builds, waits } = await readAll();
    expect(builds).toHaveLength(7);
    expect(waits).toEqual([RESET_SECONDS]);
    expect(server.queries).toHaveLength(3); // None was refused.
  });

  test("waits as long as a refusal says, and goes on", async () => {
    server.settings.callsLeft = 0;
    const { builds, waits } = await readAll();
    expect(builds).toHaveLength(7);
    expect(waits).toEqual([RESET_SECONDS]);
  });

  test("tries again after failures of Buildkite", async () => {
    server.settings.failures = [502, 503];
    const { builds, waits } = await readAll();
    expect(builds).toHaveLength(7);
    expect(waits).toEqual([2, 4]);
  });

  test("gives up after five failures", async () => {
    server.settings.failures = [502, 502, 502, 502, 502];
    await expect(readAll()).rejects.toThrow(/failed with status 502; try again, or with a smaller/);
    expect(server.queries).toHaveLength(5);
  });

  test.each([
    [
      "a token that is refused",
      () => (server.settings.token = "other"),
      {},
      /API access token \(401\)/,
    ],
    ["a scope that is missing", () => (server.settings.failures = [403]), {}, /scope read_builds/],
    [
      "an unknown organization",
      () => {},
      { organization: "exmaple" },
      /no organization exmaple that/,
    ],
    [
      "no server",
      () => {},
      { endpoint: "http://127.0.0.1:9/v2" },
      /could not be read: .*ECONNREFUSED/,
    ],
  ])("explains %s, without the token", async (_, prepare, change, message) => {
    prepare();
    const error = await readAll(change).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(message);
    expect(String(error)).not.toContain(TOKEN);
  });

  test("names the place of a field that is not as documented", async () => {
    server.settings.builds = [{ ...createBuild(0), jobs: "none" }];
    await expect(readAll()).rejects.toThrow(/not as documented: \[0\]\.jobs/);
  });

  test("does not send the token to another server", async () => {
    const other = await startRestServer({ ...server.settings });
    server.settings.nextOrigin = new URL(other.endpoint).origin;
    await expect(readAll()).rejects.toThrow(/the next page is on another server/);
    expect(other.queries).toEqual([]);
    await other.close();
  });
});
