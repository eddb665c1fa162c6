import { handler as applyScaling } from "../../functions/apply-scaling.ts";
import { handler as claimSlot } from "../../functions/claim-slot.ts";
import { handler as computeCapacity } from "../../functions/compute-capacity.ts";
import { handler as fetchMetrics } from "../../functions/fetch-metrics.ts";
import { handler as publishMetrics } from "../../functions/publish-metrics.ts";
import type { Handler } from "./invoke-lambda.ts";

/**
 * The real handlers, by the name of their state. Their AWS clients read the environment when they are
 * created: set endpoints and credentials before this file is imported.
 */
export const HANDLERS = {
  "Claim slot": claimSlot,
  "Fetch metrics": fetchMetrics,
  "Compute capacity": computeCapacity,
  "Apply scaling": applyScaling,
  "Publish metrics": publishMetrics,
} satisfies Record<string, Handler>;
