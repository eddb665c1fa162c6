import { buildDeployment } from "./deployment.ts";

// Run by from-scalers.cjs: takes the parameters as JSON and prints the deployment as JSON.
process.stdout.write(JSON.stringify(buildDeployment(JSON.parse(process.argv[2] ?? "null"))));
