import { buildDeployment } from "./deployment.ts";

// Run by from-scalers.cjs: parameters as JSON in, the deployment as JSON out.
process.stdout.write(JSON.stringify(buildDeployment(JSON.parse(process.argv[2] ?? "null"))));
