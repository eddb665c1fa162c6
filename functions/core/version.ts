/** This project's version, for the User-Agent header; a test keeps it equal to package.json's. */
export const VERSION = "0.1.0";

/** The name under which this project calls other services. */
export const PRODUCT = "buildkite-scaling-loop";
