import type { Verdict } from "../../functions/core/decision.ts";
import {
  type GroupFacts,
  isTaskFailure,
  type Observation,
  type TaskFailure,
} from "../../functions/core/facts.ts";
import { parseInstantMs } from "../../functions/core/instant.ts";
import { ownValue } from "../../functions/core/own-value.ts";
import type { Plan } from "../../functions/core/plan.ts";
import type { Poll, PollResult } from "../../functions/core/poll.ts";
import type { Scaler } from "../../functions/core/scaler.ts";

/** Something that must never happen, and happened. */
export interface Violation {
  rule: string;
  detail: string;
  atMs: number;
  /** What happened before, oldest first. */
  before: readonly string[];
}

/** One poll of one execution, as the watch judges it. */
export interface PollRecord {
  execution: number;
  beatMs: number;
  /** When the poll sent its first read. */
  beganMs: number;
  pollUntilMs: number;
  observation: Observation | TaskFailure;
  /** Groups of which the poll was shown an older state. */
  outdated: ReadonlySet<string>;
}

/** A command that reached AWS. */
export interface WrittenCommand {
  kind: "desired" | "tag" | "termination" | "stop";
  group: string;
  poll: PollRecord;
  /** When it was sent. It may reach AWS later. */
  sentMs: number;
  /** Desired capacity before and after it. */
  before: number;
  after: number;
  /** Jobs that it interrupted. */
  interrupted: number;
  /** When the same Task read the group before it and saw its latest state; undefined if it did not. */
  readMs?: number | undefined;
}

/** A change of desired capacity by the loop. */
interface Move {
  execution: number;
  decidedMs: number;
  effectMs: number;
  /** Whether the group's tag was written with it. */
  isTagged: boolean;
}

/** What the loop did to a group last. */
interface GroupHistory {
  /** The last effective scale-in or scale-out of the loop. */
  fall?: Move;
  raise?: Move;
  /** When anybody changed desired capacity last. */
  changedMs: number;
  /** When somebody deleted or overwrote the tag last. */
  tagLostMs: number;
  /** When a tag was written last by a poll that saw an older one. */
  tagStaleMs: number;
  /** When a tag was written last after nobody waited for it any more. */
  tagLateMs: number;
}

const KEPT_LINES = 60;
const INTERVAL_MS = 10_000;
const SECOND_MS = 1000;

/** A tag that is written late may put times in the place of newer ones: those of up to three polls before. */
const LATE_TAG_MS = 30_000;

/** In bytes: a loop's memory and observation, for three scalers of up to nine instances each. */
const LARGEST_STATE_BYTES = 16_000;

/** Judges everything that the loop does, and remembers what happened before. */
export class Watch {
  readonly violations: Violation[] = [];
  largestStateBytes = 0;
  readonly #now: () => number;
  readonly #scalers: ReadonlyMap<string, Scaler>;
  readonly #groups = new Map<string, GroupHistory>();
  readonly #lines: string[] = [];
  readonly #onNote: (line: string) => void;

  /** @param onNote is told each line about what happened */
  constructor(scalers: readonly Scaler[], now: () => number, onNote = (_line: string) => {}) {
    this.#now = now;
    this.#onNote = onNote;
    this.#scalers = new Map(scalers.map((scaler) => [scaler.group, scaler]));
  }

  /** Keeps a line about what happened, for a violation that may follow. */
  note(line: string): void {
    const timed = `${new Date(this.#now()).toISOString()} ${line}`;
    this.#onNote(timed);
    this.#lines.push(timed);
    if (this.#lines.length > 2 * KEPT_LINES) this.#lines.splice(0, KEPT_LINES);
  }

  fail(rule: string, detail: string): void {
    const before = this.#lines.slice(-KEPT_LINES);
    this.violations.push({ rule, detail, atMs: this.#now(), before });
  }

  /** Somebody else changed a group. */
  noteForeignChange(group: string, change: "desired" | "tag"): void {
    const history = this.#history(group);
    if (change === "tag") history.tagLostMs = this.#now();
    else history.changedMs = this.#now();
  }

  /** A group's tag was written after nobody waited for it any more, perhaps over a newer one. */
  noteLateTag(group: string): void {
    this.#history(group).tagLateMs = this.#now();
  }

  /** Judges a poll's decisions, its plan and its next beat. */
  checkPoll(record: PollRecord, { poll, verdicts }: PollResult): void {
    for (const verdict of verdicts) this.#checkVerdict(record, verdict, poll.next.plan);
    this.#checkBeat(record, poll);
    this.#checkSize(record, poll);
  }

  /** Judges a command that reached AWS. */
  checkCommand(command: WrittenCommand): void {
    const { kind, group, poll, sentMs, before, after, interrupted } = command;
    const scaler = this.#scalers.get(group);
    if (scaler === undefined) throw new RangeError(`there is no scaler of the group ${group}`);
    const moved = before === after ? "" : ` ${before} to ${after}`;
    this.note(`execution ${poll.execution}: ${kind} of ${group}${moved}`);
    if (scaler.dryRun) this.fail("a dry run writes nothing", `${kind} of ${group}`);
    if (sentMs >= poll.pollUntilMs)
      this.fail("nothing is written after the slot", `${kind} of ${group}`);
    if (scaler.scaleIn.graceful && interrupted > 0 && !this.#isRace(command))
      this.fail("a graceful group ends no job", `${kind} of ${group}: ${interrupted} jobs ended`);
    if (kind === "tag") this.#noteTag(command);
    if (kind === "desired" && before !== after) this.#checkMove(command, scaler);
  }

  /** Desired capacity changed between the read that the command rests on and the command. */
  #isRace({ group, readMs }: WrittenCommand): boolean {
    return readMs === undefined || this.#history(group).changedMs > readMs;
  }

  #noteTag({ group, poll }: WrittenCommand): void {
    const history = this.#history(group);
    if (poll.outdated.has(group)) history.tagStaleMs = this.#now();
    else if (history.raise?.execution === poll.execution) history.raise.isTagged = true;
  }

  #checkMove(command: WrittenCommand, scaler: Scaler): void {
    const { group, poll, before, after } = command;
    const history = this.#history(group);
    const { observation } = poll;
    const decidedMs = isTaskFailure(observation)
      ? poll.beganMs
      : parseInstantMs(observation.observedAt);
    const isFall = after < before;
    const seen = findGroup(observation, group)?.desired;
    // A raise from an older answer may lower the group. The loop cannot know that it did.
    const isKnown = seen === undefined || after < seen === isFall;
    if (isFall && scaler.scaleIn.graceful && !this.#isRace(command))
      this.fail(
        "a graceful group's desired capacity is never lowered",
        `${group}: ${before} to ${after}`,
      );
    const last = isFall ? history.fall : history.raise;
    const { cooldownSeconds } = isFall ? scaler.scaleIn : scaler.scaleOut;
    // The tag has whole seconds.
    const doubtMs = last !== undefined && history.tagLateMs > last.decidedMs ? LATE_TAG_MS : 0;
    const isSoon =
      last !== undefined &&
      decidedMs - last.decidedMs < cooldownSeconds * 1000 - SECOND_MS - doubtMs;
    if (isSoon && couldKnow(last, isFall ? { ...history, tagLostMs: 0 } : history, poll, group))
      this.fail("cooldowns are kept", `${group}: ${before} to ${after}, too soon`);
    // The tag is written before a scale-in, and after a scale-out.
    const { execution } = poll;
    const move = { execution, decidedMs, effectMs: this.#now(), isTagged: isFall };
    if (isKnown && isFall) history.fall = move;
    if (isKnown && !isFall) history.raise = move;
    history.changedMs = this.#now();
  }

  #checkVerdict(record: PollRecord, verdict: Verdict, plan: Plan | undefined): void {
    const { scaler, decision, group, basis } = verdict;
    const { action, to } = decision;
    const isWriting = [plan?.changes, plan?.stops, plan?.terminations].some((commands) =>
      commands?.some((each) => each.scaler === scaler.name),
    );
    if (!hasFacts(record.observation, scaler) && isWriting)
      this.fail(
        "without facts nothing is written",
        `${scaler.name}: ${decision.reasons.join("; ")}`,
      );
    if (action === "none") return;
    if (
      group === undefined ||
      to === null ||
      to < Math.min(group.min, group.desired) ||
      to > group.max
    )
      this.fail("the target is within the limits", `${scaler.name}: ${to}`);
    if (action !== "scale-in" || basis === undefined) return;
    const { agents, demand, group: usable } = basis.situation;
    const expected = usable.inService * scaler.agentsPerInstance;
    const isShort =
      demand.agents > 0 && expected > 0 && agents.total / expected < scaler.availabilityThreshold;
    if (isShort && this.#isInGrace(record, scaler))
      this.fail(
        "nothing is reversed within a grace",
        `${scaler.name}: ${decision.reasons.join("; ")}`,
      );
  }

  /** The loop has scaled out, this poll could know it, and agents may still be starting. */
  #isInGrace(record: PollRecord, scaler: Scaler): boolean {
    const history = this.#history(scaler.group);
    const { raise } = history;
    if (raise === undefined || !couldKnow(raise, history, record, scaler.group)) return false;
    const graceMs = scaler.agentStartupGraceSeconds * 1000 - SECOND_MS;
    return record.beatMs - raise.decidedMs < graceMs - INTERVAL_MS;
  }

  #checkBeat({ beatMs, observation }: PollRecord, { next }: Poll): void {
    const nextMs = parseInstantMs(next.nextPollAt);
    const isObserved = !isTaskFailure(observation);
    const asked = isObserved ? (observation.minimumPollSeconds ?? 0) : 0;
    const intervalMs = Math.max(INTERVAL_MS, asked * 1000);
    const latestMs = Math.max(beatMs, this.#now()) + intervalMs;
    if ((nextMs - beatMs) % intervalMs !== 0 || nextMs <= this.#now() || nextMs > latestMs)
      this.fail(
        "the next poll is on the beat",
        `${next.nextPollAt} after ${new Date(beatMs).toISOString()}`,
      );
  }

  #checkSize({ observation }: PollRecord, { next }: Poll): void {
    if (next.plan === undefined && Object.keys(next.carry.memory).length === 0) return;
    const bytes = JSON.stringify(next.carry.memory).length + JSON.stringify(observation).length;
    this.largestStateBytes = Math.max(this.largestStateBytes, bytes);
    if (bytes > LARGEST_STATE_BYTES) this.fail("the state is bounded", `${bytes} bytes`);
  }

  #history(group: string): GroupHistory {
    const known = this.#groups.get(group);
    if (known !== undefined) return known;
    const created = { changedMs: 0, tagLostMs: 0, tagStaleMs: 0, tagLateMs: 0 };
    this.#groups.set(group, created);
    return created;
  }
}

/** A group as a poll saw it; undefined if it could not be read. */
function findGroup(observation: Observation | TaskFailure, name: string): GroupFacts | undefined {
  if (isTaskFailure(observation)) return undefined;
  const group = ownValue(observation.groups ?? {}, name);
  return group === undefined || "fault" in group ? undefined : group;
}

/**
 * Whether a poll can know of a move: from its own execution's memory, unless somebody has set the group
 * back, or from the tag, unless that was lost or replaced by an older one.
 */
function couldKnow(
  move: Move,
  { changedMs, tagLostMs, tagStaleMs }: GroupHistory,
  { execution, outdated, beganMs }: PollRecord,
  group: string,
): boolean {
  if (outdated.has(group) || move.effectMs >= beganMs) return false;
  if (move.execution === execution && changedMs <= move.effectMs) return true;
  return move.isTagged && Math.max(tagLostMs, tagStaleMs) < move.decidedMs;
}

function hasFacts(observation: Observation | TaskFailure, scaler: Scaler): boolean {
  if (isTaskFailure(observation) || observation.queues === undefined) return false;
  return findGroup(observation, scaler.group) !== undefined;
}
