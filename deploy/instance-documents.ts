import type { LoopInput } from "../config/loops.ts";
import { LOOK_SCRIPT, STOP_SCRIPT } from "../functions/core/graceful/instance-scripts.ts";
import { parseScalers } from "../functions/core/read-scalers.ts";
import type { Scaler } from "../functions/core/scaler.ts";
import { UNIT_PATTERN } from "../functions/core/scaler-entry.ts";
import type { Resource, Resources } from "./cloudformation.ts";

/** The names of the Systems Manager documents that look at and stop agents. */
export interface DocumentNames {
  look: string;
  stop: string;
}

/** Names the documents: those of the stack, or existing ones whose names begin with `ssmDocuments`. */
export function nameDocuments({
  prefix,
  ssmDocuments,
}: {
  prefix: string;
  ssmDocuments: string;
}): DocumentNames {
  const start = ssmDocuments === "" ? prefix : ssmDocuments;
  return { look: `${start}-look`, stop: `${start}-stop` };
}

/** Returns the scalers whose instances are asked: only for them, a stack has documents. */
export function listGracefulScalers({ scalers }: LoopInput): Scaler[] {
  return parseScalers(scalers).filter(({ scaleIn }) => scaleIn.graceful);
}

/** The variables that tell the functions which documents to use. */
export function buildDocumentEnvironment({ look, stop }: DocumentNames): Record<string, string> {
  return { SSM_LOOK_DOCUMENT: look, SSM_STOP_DOCUMENT: stop };
}

/**
 * Builds documents of our own instead of AWS-RunShellScript: whoever gets hold of the role of Apply
 * scaling can run these two texts on the instances, and nothing else.
 */
export function buildDocuments({ look, stop }: DocumentNames): Resources {
  return {
    LookDocument: createDocument(look, {
      description: "Says whether the Buildkite agents of an instance run jobs. It changes nothing.",
      parameters: { unit: UNIT },
      linux: LOOK_SCRIPT,
      windows: createWindowsScript(""),
    }),
    StopDocument: createDocument(stop, {
      description:
        "Stops the Buildkite agents of an instance, which finish their jobs. It does nothing on Windows.",
      parameters: { unit: UNIT, mode: MODE },
      linux: STOP_SCRIPT,
      windows: createWindowsScript("stopped = $false"),
    }),
  };
}

const UNIT = {
  type: "String",
  description: "The systemd unit of the agents, or a pattern",
  allowedPattern: UNIT_PATTERN.source,
};

const MODE = {
  type: "String",
  description: "stop-if-idle leaves an instance alone that has a job",
  allowedValues: ["stop-if-idle", "stop"],
};

/** The scripts take at most 11 s. Systems Manager ends one that hangs. */
const STEP_SECONDS = "20";

interface DocumentText {
  description: string;
  parameters: Record<string, object>;
  linux: string;
  windows: string;
}

/** The name is fixed, because the permissions contain it. So an update cannot replace the document. */
function createDocument(
  name: string,
  { description, parameters, linux, windows }: DocumentText,
): Resource {
  return {
    Type: "AWS::SSM::Document",
    Properties: {
      Name: name,
      DocumentType: "Command",
      DocumentFormat: "JSON",
      TargetType: "/AWS::EC2::Instance",
      UpdateMethod: "NewVersion",
      Content: {
        schemaVersion: "2.2",
        description,
        parameters,
        mainSteps: [
          createStep("linux", "Linux", "aws:runShellScript", linux),
          createStep("windows", "Windows", "aws:runPowerShellScript", windows),
        ],
      },
    },
  };
}

function createStep(name: string, platformType: string, action: string, script: string) {
  return {
    action,
    name,
    precondition: { StringEquals: ["platformType", platformType] },
    inputs: { timeoutSeconds: STEP_SECONDS, runCommand: script.trimEnd().split("\n") },
  };
}

/**
 * Reports the agent's service on Windows, which nothing can stop gracefully. NSSM pauses a service
 * before it starts it again. Objects are written without double braces, which Systems Manager takes for
 * parameters.
 */
function createWindowsScript(more: string): string {
  return `$service = Get-Service -Name '{{ unit }}' -ErrorAction SilentlyContinue | Select-Object -First 1
$states = @{ Running = 'active'; StartPending = 'activating'; Paused = 'activating'; StopPending = 'deactivating'; Stopped = 'inactive' }
$state = 'not-found'
if ($service) { $state = $states["$($service.Status)"] }
$boot = (Get-CimInstance Win32_OperatingSystem).LastBootUpTime
$agents = Get-CimInstance Win32_Process -Filter "Name = 'buildkite-agent.exe'"
$jobs = @($agents | Where-Object { $_.CommandLine -match ' bootstrap' }).Count
$answer = [ordered]@{
v = 1
platform = 'windows'
state = $state
jobs = $jobs
up = [int]((Get-Date) - $boot).TotalSeconds
boot = "$($boot.ToFileTimeUtc())"
${more}
}
$answer | ConvertTo-Json -Compress
exit 0`;
}
