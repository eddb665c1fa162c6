import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LOOK_SCRIPT, STOP_SCRIPT } from "../../../../functions/core/graceful/instance-scripts.ts";
import {
  parseInstanceAnswer,
  parseStopAnswer,
} from "../../../../functions/core/graceful/parse-answer.ts";

/**
 * Runs the scripts for real, with stand-ins for systemctl and sleep, in a shell that reads a folder in
 * the place of /proc.
 */

const AT = "2026-01-05T09:00:00.000Z";
const BOOT = "b7e2a0c4-5f1d-4a6e-9c3b-2d8f7a1e6c90";
const UPTIME = 86_400;

/** systemd with one file for each unit in its memory. The file `after-stop` has the state that a stop leads to. */
const SYSTEMCTL = String.raw`#!/bin/sh
here=$(dirname "$0")
echo "$*" >>"$here/calls"
if [ -f "$here/broken" ]; then echo "Failed to connect to bus" >&2; exit 1; fi
verb=$1
shift
case $verb in
show)
  wanted='^($'
  while [ "$1" = -p ]; do wanted="$wanted|$2="; shift 2; done
  cd "$here/units" || exit 1
  case $1 in
  *[*?]*) ids=$(ls -d $1 2>/dev/null) ;;
  *.service) ids=$1 ;;
  *) ids=$1.service ;;
  esac
  for id in $ids; do
    if [ -f "$id" ]; then cat "$id"; else
      printf 'Id=%s\nLoadState=not-found\nActiveState=inactive\nMainPID=0\nInactiveEnterTimestampMonotonic=0\n' "$id"
    fi
    echo
  done | grep -E "$wanted)" | sed '$d'
  ;;
list-unit-files) cat "$here/unit-files" 2>/dev/null ;;
stop)
  [ -f "$here/refuses-stop" ] && exit 1
  shift
  cd "$here/units" && sed -i "s/^ActiveState=active$/ActiveState=$(cat "$here/after-stop")/" "$@"
  ;;
esac
`;

const SLEEP = `#!/bin/sh
echo "sleep $*" >>"$(dirname "$0")/calls"
`;

interface Unit {
  load?: string;
  state?: string;
  pid?: number;
  /** Seconds after boot. */
  inactiveAt?: number;
}

interface Process {
  parent: number;
  environment?: string[];
  args?: string[];
}

let folder: string;
let processes: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "scaling-loop-instance-"));
  processes = join(folder, "proc");
  mkdirSync(join(folder, "units"));
  mkdirSync(join(processes, "sys/kernel/random"), { recursive: true });
  writeFileSync(join(folder, "systemctl"), SYSTEMCTL, { mode: 0o755 });
  writeFileSync(join(folder, "sleep"), SLEEP, { mode: 0o755 });
  writeFileSync(join(folder, "after-stop"), "inactive");
  writeFileSync(join(folder, "calls"), "");
  writeFileSync(join(processes, "uptime"), `${UPTIME}.42 100000.00\n`);
  writeFileSync(join(processes, "sys/kernel/random/boot_id"), `${BOOT}\n`);
  addProcess(1, { parent: 0 });
});

afterEach(() => rmSync(folder, { recursive: true }));

function addUnit(
  name: string,
  { load = "loaded", state = "active", pid = 0, inactiveAt = 0 }: Unit,
): void {
  const text = `Id=${name}.service
LoadState=${load}
ActiveState=${state}
MainPID=${pid}
InactiveEnterTimestampMonotonic=${inactiveAt * 1_000_000}
`;
  writeFileSync(join(folder, "units", `${name}.service`), text);
}

function addProcess(pid: number, { parent, environment = [], args = [] }: Process): void {
  const home = join(processes, String(pid));
  mkdirSync(home);
  writeFileSync(
    join(home, "status"),
    `Name:\tsh\nState:\tS (sleeping)\nPid:\t${pid}\nPPid:\t${parent}\n`,
  );
  writeFileSync(join(home, "environ"), environment.map((each) => `${each}\0`).join(""));
  writeFileSync(join(home, "cmdline"), args.map((each) => `${each}\0`).join(""));
}

/** An agent with a number of jobs, each of which is a child that has children of its own. */
function addAgent(name: string, pid: number, jobs: number): void {
  addUnit(name, { pid });
  addProcess(pid, { parent: 1 });
  for (let job = 1; job <= jobs; job++) {
    const environment = [`BUILDKITE_JOB_ID=${pid}-${job}`];
    addProcess(pid + job, { parent: pid, environment, args: ["buildkite-agent", "bootstrap"] });
    addProcess(pid + 50 + job, { parent: pid + job, environment, args: ["make", "test"] });
  }
}

const SHELLS = ["sh", "bash"];

/** Runs a script as Systems Manager does. It prints at most one line and ends with status 0. */
function run(script: string, shell = "bash", procFolder = processes) {
  const text = script.replaceAll("/proc/", `${procFolder}/`).replaceAll("/proc ", `${procFolder} `);
  const { status, stdout } = spawnSync(shell, ["-c", text], {
    encoding: "utf8",
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
  });
  expect(status).toBe(0);
  const lines = stdout.split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.length).toBeLessThanOrEqual(1);
  const answer = parseInstanceAnswer(stdout, AT);
  return answer && { ...answer, ...parseStopAnswer(stdout) };
}

const look = (unit = "buildkite-agent", shell = "bash") =>
  run(LOOK_SCRIPT.replaceAll("{{ unit }}", unit), shell);

const stop = (mode: "stop-if-idle" | "stop", unit = "buildkite-agent", shell = "bash") =>
  run(STOP_SCRIPT.replaceAll("{{ unit }}", unit).replaceAll("{{ mode }}", mode), shell);

/** The calls that changed something, and the waiting. */
function listActs(): string[] {
  const calls = readFileSync(join(folder, "calls"), "utf8").split("\n");
  return calls.filter((call) => call.startsWith("stop") || call.startsWith("sleep"));
}

const STOP_AGENT = "stop --no-block buildkite-agent.service";

describe.skipIf(process.platform !== "linux")("a look", () => {
  test.each(SHELLS)("in %s at an idle agent says active, no job, uptime and boot id", (shell) => {
    addAgent("buildkite-agent", 100, 0);
    expect(look("buildkite-agent", shell)).toEqual({
      at: AT,
      platform: "linux",
      state: "active",
      jobs: 0,
      uptimeSeconds: UPTIME,
      bootId: BOOT,
    });
  });

  test.each(SHELLS)("in %s counts the jobs of a busy agent, without their children", (shell) => {
    addAgent("buildkite-agent", 100, 3);
    addProcess(1000, { parent: 1 }); // a parent of 1000 or 10 is not a parent of 100
    addProcess(1001, { parent: 1000 });
    expect(look("buildkite-agent", shell)).toMatchObject({ state: "active", jobs: 3 });
  });

  test("counts the real children of a real process", async () => {
    const script = "exec 3<&0; cat <&3 & cat <&3 & wait"; // two children that live until the input ends
    const agent = spawn("sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"] });
    try {
      addUnit("buildkite-agent", { pid: agent.pid ?? expect.fail() });
      const count = () =>
        run(LOOK_SCRIPT.replaceAll("{{ unit }}", "buildkite-agent"), "sh", "/proc");
      await expect.poll(count).toMatchObject({ state: "active", jobs: 2 });
    } finally {
      agent.stdin.end();
    }
  });

  test.each([
    ["active", "active"],
    ["reloading", "active"],
    ["refreshing", "active"],
    ["activating", "activating"],
    ["maintenance", "activating"],
    ["deactivating", "deactivating"],
  ])("says for a unit that systemd calls %s: %s", (state, expected) => {
    addUnit("buildkite-agent", { state, pid: 100 });
    expect(look()).toMatchObject({ state: expected });
    expect(look()).not.toHaveProperty("inactiveAtSeconds");
  });

  test.each(["inactive", "failed"])("at an agent that is %s says since when", (state) => {
    addUnit("buildkite-agent", { state, inactiveAt: 80_000 });
    expect(look()).toMatchObject({ state, jobs: 0, inactiveAtSeconds: 80_000 });
  });

  test("at an agent that never started says that it is inactive since the boot", () => {
    addUnit("buildkite-agent", { state: "inactive" });
    expect(look()).toMatchObject({ state: "inactive", inactiveAtSeconds: 0 });
  });

  test.each(SHELLS)("in %s finds the jobs that go on after their agent died", (shell) => {
    addUnit("buildkite-agent", { state: "failed", inactiveAt: 80_000 });
    const environment = ["HOME=/", "BUILDKITE_JOB_ID=1"];
    addProcess(101, { parent: 1, environment, args: ["buildkite-agent", "bootstrap"] });
    addProcess(102, { parent: 101, environment, args: ["make", "bootstrap-tools"] });
    addProcess(103, { parent: 1, environment, args: ["left-behind", "daemon"] });
    addProcess(104, { parent: 1, environment: ["NOT_BUILDKITE_JOB_ID=1"], args: ["bootstrap"] });
    expect(look("buildkite-agent", shell)).toMatchObject({ state: "failed", jobs: 1 });
  });

  test.each(SHELLS)("in %s at a unit that does not exist says not-found", (shell) => {
    expect(look("buildkite-agent", shell)).toMatchObject({ state: "not-found", jobs: 0 });
  });

  test.each(["not-found", "masked", "bad-setting"])(
    "never takes a unit without a file for a dead one: %s and failed is not-found",
    (load) => {
      addUnit("buildkite-agent", { load, state: "failed" });
      expect(look()).toMatchObject({ state: "not-found" });
    },
  );

  test("at an agent that runs on after its file was removed says active", () => {
    addUnit("buildkite-agent", { load: "not-found", state: "active", pid: 100 });
    expect(look()).toMatchObject({ state: "active" });
  });

  test("prints nothing if systemd does not answer", () => {
    writeFileSync(join(folder, "broken"), "");
    expect(look()).toBeUndefined();
  });

  test("changes nothing", () => {
    addAgent("buildkite-agent", 100, 0);
    look();
    expect(listActs()).toEqual([]);
  });
});

describe.skipIf(process.platform !== "linux")("a look at several units", () => {
  test.each(SHELLS)("in %s adds up the jobs of all units that match the pattern", (shell) => {
    addAgent("buildkite-agent@1", 100, 1);
    addAgent("buildkite-agent@2", 200, 2);
    addAgent("other", 300, 4);
    expect(look("buildkite-agent@*", shell)).toMatchObject({ state: "active", jobs: 1 + 2 });
  });

  test.each([
    [["active", "failed", "inactive"], "active"],
    [["activating", "deactivating"], "activating"],
    [["failed", "deactivating"], "deactivating"],
    [["inactive", "failed"], "failed"],
  ])("says for %j: %s, the most alive", (states, expected) => {
    for (const [index, state] of states.entries()) addUnit(`agent@${index}`, { state });
    expect(look("agent@*")).toMatchObject({ state: expected });
  });

  test("says when the last of them became inactive", () => {
    addUnit("agent@1", { state: "inactive", inactiveAt: 900 });
    addUnit("agent@2", { state: "failed", inactiveAt: 1000 });
    addUnit("agent@3", { state: "inactive", inactiveAt: 80 });
    expect(look("agent@*")).toMatchObject({ inactiveAtSeconds: 1000 });
  });

  test("counts a job once if one agent is dead and another one runs it", () => {
    addUnit("buildkite-agent@1", { state: "failed" });
    addAgent("buildkite-agent@2", 200, 2);
    expect(look("buildkite-agent@*")).toMatchObject({ state: "active", jobs: 2 });
  });

  test("leaves out what is no service, such as a slice of the same name", () => {
    writeFileSync(join(folder, "units/agent.slice"), "Id=agent.slice\nActiveState=active\n");
    addUnit("agent@1", { state: "inactive" });
    expect(look("agent*")).toMatchObject({ state: "inactive" });
  });

  test("says not-found if no unit matches", () => {
    expect(look("buildkite-agent@*")).toMatchObject({ state: "not-found" });
  });

  test("says inactive, without a time, if systemd has dropped the stopped units from its memory", () => {
    writeFileSync(join(folder, "unit-files"), "buildkite-agent@.service disabled\n");
    expect(look("buildkite-agent@*")).toMatchObject({ state: "inactive", jobs: 0 });
    expect(look("buildkite-agent@*")).not.toHaveProperty("inactiveAtSeconds");
  });
});

describe.skipIf(process.platform !== "linux")("stop-if-idle", () => {
  test.each(SHELLS)("in %s stops an idle agent and says that it has stopped", (shell) => {
    addAgent("buildkite-agent", 100, 0);
    const answer = stop("stop-if-idle", "buildkite-agent", shell);
    expect(answer).toMatchObject({ stopped: true, state: "inactive", jobs: 0 });
    expect(listActs()).toEqual([STOP_AGENT]);
  });

  test.each(SHELLS)("in %s leaves an agent alone that has a job by then", (shell) => {
    addAgent("buildkite-agent", 100, 1);
    const answer = stop("stop-if-idle", "buildkite-agent", shell);
    expect(answer).toMatchObject({ stopped: false, state: "active", jobs: 1 });
    expect(listActs()).toEqual([]);
  });

  test("waits for up to 10 s for the end, e.g. of the Elastic CI Stack's ExecStopPost", () => {
    addAgent("buildkite-agent", 100, 0);
    writeFileSync(join(folder, "after-stop"), "deactivating");
    expect(stop("stop-if-idle")).toMatchObject({ stopped: true, state: "deactivating" });
    expect(listActs()).toEqual([STOP_AGENT, ...Array.from({ length: 10 }, () => "sleep 1")]);
  });

  test("stops every unit that matches the pattern, in one call", () => {
    addAgent("buildkite-agent@1", 100, 0);
    addAgent("buildkite-agent@2", 200, 0);
    expect(stop("stop-if-idle", "buildkite-agent@*")).toMatchObject({
      stopped: true,
      state: "inactive",
    });
    expect(listActs()).toEqual([
      "stop --no-block buildkite-agent@1.service buildkite-agent@2.service",
    ]);
  });

  test("stops none of several units if one of them has a job", () => {
    addAgent("buildkite-agent@1", 100, 0);
    addAgent("buildkite-agent@2", 200, 1);
    expect(stop("stop-if-idle", "buildkite-agent@*")).toMatchObject({ stopped: false, jobs: 1 });
    expect(listActs()).toEqual([]);
  });

  test("a second time says that the agent stops already, even if it took a job meanwhile", () => {
    addAgent("buildkite-agent", 100, 1);
    addUnit("buildkite-agent", { state: "deactivating", pid: 100 });
    expect(stop("stop-if-idle")).toMatchObject({ stopped: true, state: "deactivating", jobs: 1 });
    expect(listActs()).toEqual([STOP_AGENT]); // systemd is "already on it": no second signal
  });

  test("confirms the stop of an agent that is inactive already", () => {
    addUnit("buildkite-agent", { state: "inactive", inactiveAt: 900 });
    expect(stop("stop-if-idle")).toMatchObject({ stopped: true, state: "inactive" });
  });

  test("confirms the stop of units that systemd has dropped from its memory", () => {
    writeFileSync(join(folder, "unit-files"), "buildkite-agent@.service disabled\n");
    expect(stop("stop-if-idle", "buildkite-agent@*")).toMatchObject({
      stopped: true,
      state: "inactive",
    });
    expect(listActs()).toEqual([]);
  });

  test("leaves a dead agent's running job alone", () => {
    addUnit("buildkite-agent", { state: "failed" });
    const environment = ["BUILDKITE_JOB_ID=1"];
    addProcess(101, { parent: 1, environment, args: ["buildkite-agent", "bootstrap"] });
    expect(stop("stop-if-idle")).toMatchObject({ stopped: false, state: "failed", jobs: 1 });
    expect(listActs()).toEqual([]);
  });

  test("does nothing to a unit that does not exist", () => {
    expect(stop("stop-if-idle")).toMatchObject({ stopped: false, state: "not-found" });
    expect(listActs()).toEqual([]);
  });

  test("says that nothing was stopped if systemd refuses", () => {
    addAgent("buildkite-agent", 100, 0);
    writeFileSync(join(folder, "refuses-stop"), "");
    expect(stop("stop-if-idle")).toMatchObject({ stopped: false, state: "active" });
  });

  test("prints nothing if systemd does not answer", () => {
    writeFileSync(join(folder, "broken"), "");
    expect(stop("stop-if-idle")).toBeUndefined();
  });
});

describe.skipIf(process.platform !== "linux")("stop", () => {
  test.each(SHELLS)(
    "in %s stops a busy agent, which finishes its jobs, without waiting",
    (shell) => {
      addAgent("buildkite-agent", 100, 2);
      writeFileSync(join(folder, "after-stop"), "deactivating");
      expect(stop("stop", "buildkite-agent", shell)).toMatchObject({ stopped: true, jobs: 2 });
      expect(listActs()).toEqual([STOP_AGENT]);
    },
  );

  test("stops an idle agent", () => {
    addAgent("buildkite-agent", 100, 0);
    expect(stop("stop")).toMatchObject({ stopped: true, state: "inactive", jobs: 0 });
  });

  test("does nothing to a unit that does not exist", () => {
    expect(stop("stop")).toMatchObject({ stopped: false, state: "not-found" });
  });
});

describe("the scripts", () => {
  test.each([
    ["LOOK_SCRIPT", LOOK_SCRIPT, ["{{ unit }}", "{{ unit }}"]],
    ["STOP_SCRIPT", STOP_SCRIPT, ["{{ unit }}", "{{ unit }}", "{{ mode }}"]],
  ])(
    "%s has no other placeholder of Systems Manager, and none of Serverless",
    (_, text, expected) => {
      expect(text.match(/\{\{.*?\}\}/g)).toEqual(expected);
      expect(text).not.toContain("${");
    },
  );

  test("never signal a process, and stop with --no-block only", () => {
    expect(`${LOOK_SCRIPT}${STOP_SCRIPT}`).not.toMatch(
      /\bkill\b|SIGTERM|systemctl stop (?!--no-block)/,
    );
  });

  test("are small: they are part of two Lambda functions", () => {
    expect(STOP_SCRIPT.length).toBeLessThan(2600);
  });
});
