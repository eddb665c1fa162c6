/** This project's version, for the User-Agent; a test keeps it equal to package.json's. */
export const VERSION = "0.1.0";

/** How this project names itself to the services that it calls. */
export const PRODUCT = "buildkite-scaling-loop";
