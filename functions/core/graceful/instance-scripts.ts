/**
 * The scripts that run on an instance, as root: POSIX shell, any systemd from version 219 on. Each prints
 * one JSON line (see parse-answer.ts) and ends with status 0. If systemd does not answer, it prints
 * nothing, because silence proves nothing.
 *
 * `{{ unit }}` and `{{ mode }}` are filled in by Systems Manager; their values are checked before. The
 * texts contain neither a brace after a dollar sign, which Serverless takes for a variable, nor other
 * double braces. They have no comments, because they are part of two Lambda functions.
 */

/**
 * Finds the units: `units` has one service a line. If a pattern matches nothing in systemd's memory but
 * a unit file exists, systemd has dropped the units after they stopped. Values of `systemctl show` are
 * split at line ends and at `=`.
 */
const FIND_UNITS = `IFS='=
'
shown=$(systemctl show -p Id '{{ unit }}') || exit 0
units=$(printf '%s\\n' "$shown" | grep -o '[^=]*\\.service$')
none=not-found
if [ -z "$shown" ] && [ -n "$(systemctl list-unit-files --no-legend '{{ unit }}')" ]; then none=inactive; fi
`;

/**
 * Reads the units' state into `state` (that of the unit that is most alive), `jobs` and `since`.
 *
 * Jobs are the direct children of the units' main processes: the agent starts one for each job, and hooks
 * of the agent itself count too, which is safe. If a main process is dead, its jobs may go on: these are
 * the processes of a job that are called with the argument `bootstrap`.
 */
const LOOK = `
look() {
states= parents=- dead=$none since=
for unit in $units; do
load= active= pid=0 at=0
set -- $(systemctl show -p LoadState -p ActiveState -p MainPID -p InactiveEnterTimestampMonotonic "$unit")
while [ $# -gt 1 ]; do
case $1 in
LoadState) load=$2 ;;
ActiveState) active=$2 ;;
MainPID) pid=$2 ;;
*) at=$(($2 / 1000000)) ;;
esac
shift 2
done
case $active in
'') exit 0 ;;
reloading | refreshing) active=active ;;
maintenance) active=activating ;;
esac
case $load.$active in
loaded.*) ;;
*.inactive | *.failed) continue ;;
esac
states="$states.$active."
if [ "$pid" -gt 0 ]; then parents="$parents|$pid"; else dead=inactive; fi
if [ "$at" -ge "0$since" ]; then since=$at; fi
done
state=$none
for each in inactive failed deactivating activating active; do
case $states in *.$each.*) state=$each ;; esac
done
jobs=$(cat /proc/[0-9]*/status 2>/dev/null | grep -cE "^PPid:.($parents)$")
if [ $dead = inactive ]; then
for pid in $(cd /proc && grep -lsz '^BUILDKITE_JOB_ID=' [0-9]*/environ | cut -d/ -f1); do
if grep -qsxz bootstrap /proc/$pid/cmdline && ! grep -qsE "^PPid:.($parents)$" /proc/$pid/status; then
jobs=$((jobs + 1))
fi
done
fi
}
answer() {
read -r boot </proc/sys/kernel/random/boot_id
IFS=. read -r up rest </proc/uptime
more=$1
case $state in inactive | failed) if [ "$since" ]; then more=",\\"inactive\\":$since$more"; fi ;; esac
printf '{"v":1,"platform":"linux","state":"%s","jobs":%s,"up":%s,"boot":"%s"%s}\\n' $state $jobs $up $boot "$more"
}
look
`;

/**
 * Stops the units: always if `mode` is `stop`, else only if they have no job or stop already. Without
 * jobs it waits up to 10 s for the end, so that the answer mostly says that they have stopped. A repeated
 * `systemctl stop` sends no second signal, which would cancel jobs.
 */
const STOP = `
stopped=false
case $state.{{ mode }}.$jobs in
not-found.*) ;;
deactivating.* | *.stop.* | *.0)
if [ -z "$units" ] || systemctl stop --no-block $units; then stopped=true; fi
;;
esac
if [ $stopped.$jobs = true.0 ]; then
for second in 1 2 3 4 5 6 7 8 9 10; do
look
case $state in inactive | failed) break ;; esac
sleep 1
done
fi
answer ",\\"stopped\\":$stopped"
`;

/** Looks at the agents of an instance and changes nothing. */
export const LOOK_SCRIPT = /* @__PURE__ */ composeScript(FIND_UNITS, LOOK, "answer\n");

/** Stops the agents of an instance so that they finish their jobs. */
export const STOP_SCRIPT = /* @__PURE__ */ composeScript(FIND_UNITS, LOOK, STOP);

/** The calls are marked as pure, so that a function that sends no command does not ship the scripts. */
function composeScript(...parts: string[]): string {
  return `${parts.join("")}exit 0\n`;
}
