/**
 * Returns the environment variables with which AWS clients call a sandbox. Clients read them when
 * they are created.
 * @param url the sandbox's URL
 */
export function sandboxEnvironment(url: string) {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
    AWS_SECRET_ACCESS_KEY: "of-the-sandbox",
  };
}
