import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveToken, type TokenServer } from "../../../cli/run/token-server.ts";

const TOKEN = "bkct_served";
const credentials = { accessKeyId: "a", secretAccessKey: "b" };

describe("the token server", () => {
  let server: TokenServer;
  beforeAll(async () => {
    server = await serveToken("/a/name", TOKEN);
  });
  afterAll(() => server.close());

  function get(Name: string) {
    const client = new SSMClient({ endpoint: server.url, region: "eu-west-1", credentials });
    return client.send(new GetParameterCommand({ Name, WithDecryption: true }));
  }

  test("returns the token to the SDK", async () => {
    expect((await get("/a/name")).Parameter?.Value).toBe(TOKEN);
  });

  test("knows no other parameter", async () => {
    await expect(get("/another")).rejects.toMatchObject({ name: "ParameterNotFound" });
  });

  test("listens on this machine only", () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  test.each([
    ["AmazonSSM.GetParametersByPath", "{}"],
    ["AmazonSSM.GetParameter", "no JSON"],
    ["AmazonSSM.GetParameter", "{}"],
    ["GraniteServiceVersion20100801.PutMetricData", "{}"],
  ])("does not return the token for %s with %s", async (target, body) => {
    const headers = { "x-amz-target": target };
    const response = await fetch(server.url, { method: "POST", headers, body });
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain(TOKEN);
  });
});
