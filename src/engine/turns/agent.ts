import { spokenClauses } from '#core/kernel/text/spoken.ts';
import { heardText, surelySaid } from './heard-text.ts';
import { emit, newId, note, record, recordCallerText, type Step } from './machine.ts';
import type { AgentTurn, Segment, TurnKind, TurnTiming } from './state.ts';
import { decideTool, hasUntoldResult, markTold, markUntold } from './tools.ts';

/** How many clauses are synthesized ahead of playout. */
const AHEAD = 2;

const MAX_ROUNDS = 6;

export function newTurn(
  step: Step,
  kind: TurnKind,
  more: { speculative?: boolean; basis?: string; interruptible?: boolean; endsCall?: string | null } = {},
): AgentTurn {
  const { state, policy } = step;
  const turn: AgentTurn = {
    id: newId(step),
    kind,
    speculative: more.speculative ?? false,
    basis: more.basis ?? '',
    generation: 0,
    attempt: 1,
    thinking: 'none',
    thinkDeadlineMs: null,
    dialogue: null,
    responded: false,
    asked: [],
    awaiting: [],
    apologised: false,
    segments: [],
    interruptible: more.interruptible ?? policy.interruptible,
    endsCall: more.endsCall ?? null,
    startedMs: state.nowMs,
    watchMs: state.nowMs + policy.watchdogMs,
    timing: newTiming(),
  };
  state.turn = turn;
  state.idle.sinceMs = null;
  return turn;
}

export function newTiming(): TurnTiming {
  return {
    endOfSpeechMs: null,
    finalMs: null,
    committedMs: null,
    firstClauseMs: null,
    firstAudioMs: null,
    firstFrameMs: null,
  };
}

/** A turn with a fixed text: the first message, a notice, an apology. */
export function sayTurn(step: Step, kind: TurnKind, text: string, more: Parameters<typeof newTurn>[2] = {}): AgentTurn {
  const turn = newTurn(step, kind, more);
  turn.thinking = 'done';
  for (const clause of spokenClauses(text)) addSegment(step, turn, clause);
  if (!turn.speculative) commit(step, turn);
  else pump(step, turn);
  return turn;
}

/** A turn whose text comes from the model. */
export function thinkTurn(step: Step, kind: TurnKind, text: string, speculative: boolean): AgentTurn {
  const turn = newTurn(step, kind, { speculative, basis: text });
  if (!speculative) commit(step, turn, false);
  think(step, turn, 1);
  return turn;
}

/** Starts (another) run of the model for this turn. */
export function think(step: Step, turn: AgentTurn, attempt: number, said = ''): void {
  const { state, policy } = step;
  const first = turn.generation === 0;
  turn.generation = newId(step);
  turn.attempt = attempt;
  if (!turn.speculative) markTold(state, turn);
  turn.thinking = 'running';
  turn.thinkDeadlineMs = state.nowMs + policy.thinkTimeoutMs;
  emit(step, {
    type: 'think',
    generation: turn.generation,
    attempt,
    first,
    ledger: state.ledger,
    text: turn.speculative ? turn.basis : '',
    said,
  });
}

/** Commits the turn: its prepared effects may leave the machine. */
export function commit(step: Step, turn: AgentTurn, pumpNow = true): void {
  const { state } = step;
  const { caller } = state;
  turn.speculative = false;
  turn.timing.committedMs = state.nowMs;
  turn.watchMs = state.nowMs + step.policy.watchdogMs;
  if (turn.kind !== 'idle' && turn.kind !== 'notice' && turn.kind !== 'tool') {
    turn.timing.endOfSpeechMs = caller.endMs;
    turn.timing.finalMs = caller.finalMs;
  }
  takeUpCallerText(step);
  if (turn.generation > 0) markTold(state, turn);
  reportDialogue(step, turn);
  reportAnswer(step, turn);
  for (const { name, args } of turn.asked.splice(0)) decideTool(step, turn, name, args);
  if (pumpNow) pump(step, turn);
}

/** Records the caller's words and marks that they need an answer. */
export function takeUpCallerText(step: Step): void {
  const { caller } = step.state;
  caller.unclear = false;
  if (caller.text === '') return;
  recordCallerText(step, false);
  caller.owed = true;
}

export function addSegment(step: Step, turn: AgentTurn, text: string, opening = false): void {
  turn.timing.firstClauseMs ??= step.state.nowMs;
  turn.segments.push(newSegment(step, text, 1, opening));
}

function newSegment(step: Step, text: string, attempt: number, opening = false): Segment {
  return {
    id: newId(step),
    text,
    status: 'waiting',
    attempt,
    deadlineMs: null,
    released: false,
    started: false,
    finished: false,
    samples: null,
    heardSamples: 0,
    estimated: false,
    words: [],
    ...(opening ? { opening } : {}),
  };
}

/** Keeps synthesis a little ahead of playout, and releases in order what belongs to a committed turn. */
export function pump(step: Step, turn: AgentTurn): void {
  const sealedLimit = turn.kind === 'reply' ? 1 : AHEAD;
  let ahead = 0;
  for (const segment of turn.segments) {
    if (segment.finished || segment.status === 'failed') continue;
    if (ahead >= (turn.speculative ? sealedLimit : AHEAD)) break;
    ahead++;
    if (segment.status === 'waiting') synthesize(step, segment);
    if (!turn.speculative && !segment.released) {
      segment.released = true;
      emit(step, { type: 'release', segment: segment.id });
    }
  }
}

export function synthesize(step: Step, segment: Segment): void {
  segment.status = 'synthesizing';
  segment.deadlineMs = step.state.nowMs + step.policy.synthesisTimeoutMs;
  emit(step, { type: 'synthesize', segment: segment.id, text: segment.text, attempt: segment.attempt });
}

/** Discards a speculative turn without a trace. */
export function discard(step: Step): void {
  const { turn } = step.state;
  if (!turn) return;
  silence(step, turn);
  step.state.turn = null;
}

/** Stops the model and the synthesis of the turn. */
export function silence(step: Step, turn: AgentTurn): void {
  if (turn.thinking === 'running') emit(step, { type: 'stop-thinking', generation: turn.generation });
  for (const segment of turn.segments) {
    if (segment.status === 'synthesizing') emit(step, { type: 'stop-synthesis', segment: segment.id });
  }
}

/** The caller has interrupted: drops all unheard audio, here and at the carrier. */
export function interrupt(step: Step): void {
  const { state } = step;
  const { turn } = state;
  state.hold = null;
  emit(step, { type: 'clear' });
  if (!turn) return;
  silence(step, turn);
  const heard = heardText(turn);
  if (heard !== '') note(step, { kind: 'interrupted', turn: turn.id, text: callerTextNow(step), heard });
  conclude(step, turn, true);
}

export function callerTextNow({ state: { caller } }: Pick<Step, 'state'>): string {
  return [caller.text, ...caller.pending.map((one) => one.partial), caller.speaking ? caller.partial : '']
    .filter(Boolean)
    .join(' ');
}

/** Ends a complete or interrupted turn and records what was heard of it. */
export function conclude(step: Step, turn: AgentTurn, interrupted: boolean): void {
  const { state } = step;
  state.turn = null;
  if (!recordHeard(step, turn, interrupted)) {
    markUntold(state, turn);
    // The caller heard nothing of the answer, so it is still due.
    if (turn.kind === 'reply' || turn.kind === 'repeat') state.caller.owed = true;
    if (!interrupted && turn.kind !== 'idle') state.muteTurns++;
  }
  if (!interrupted) state.idle.sinceMs = state.nowMs;
}

/** Records what was heard of a turn; false if nothing was. */
export function recordHeard(step: Step, turn: AgentTurn, interrupted: boolean): boolean {
  const heard = heardText(turn);
  if (heard === '') return false;
  const heardSamples = turn.segments.reduce((sum, segment) => sum + segment.heardSamples, 0);
  record(step, {
    role: 'agent',
    turn: turn.id,
    kind: turn.kind,
    text: heard,
    intended: intendedText(turn),
    startMs: turn.timing.firstFrameMs ?? turn.startedMs,
    endMs: step.state.nowMs,
    heardMs: Math.round(heardSamples / 8),
    interrupted,
    estimated: turn.segments.some((segment) => segment.estimated),
    timing: turn.timing,
  });
  step.state.muteTurns = 0;
  return true;
}

export function intendedText(turn: Pick<AgentTurn, 'segments'>): string {
  return turn.segments.map((segment) => segment.text).join(' ');
}

/** What the model has answered: all but the opening words. */
function answerText(turn: AgentTurn): string {
  return intendedText({ segments: turn.segments.filter((one) => !one.opening) });
}

const hasAnswer = (turn: AgentTurn): boolean => turn.segments.some((one) => !one.opening);

/** Whether any of the turn's sound may have reached the caller or soon will. */
export function isAudible(turn: AgentTurn): boolean {
  return !turn.speculative && turn.segments.some((segment) => segment.started && !segment.finished);
}

/** The model has finished: handles an empty answer. */
export function modelDone(step: Step, turn: AgentTurn): void {
  turn.thinking = 'done';
  turn.thinkDeadlineMs = null;
  turn.watchMs = step.state.nowMs + step.policy.watchdogMs;
  const silent = !hasAnswer(turn) && turn.awaiting.length === 0 && turn.asked.length === 0 && turn.endsCall === null;
  if (silent) apologise(step, turn);
  else reportAnswer(step, turn);
}

/** Reports the answer once, and only for a committed turn. A run that only asks for a tool has not answered yet. */
function reportAnswer(step: Step, turn: AgentTurn): void {
  if (turn.speculative || turn.responded || turn.thinking !== 'done' || turn.generation === 0) return;
  const text = intendedText(turn);
  if (text === '') return;
  turn.responded = true;
  note(step, { kind: 'responded', turn: turn.id, turnKind: turn.kind, text });
}

/** Adopts the phase and expected answer that the model reported. */
export function reportDialogue(step: Step, turn: AgentTurn): void {
  const { state } = step;
  if (turn.speculative || turn.dialogue === null) return;
  if (turn.dialogue.phase !== state.dialogue.phase) note(step, { kind: 'phase', phase: turn.dialogue.phase });
  state.dialogue = turn.dialogue;
  turn.dialogue = null;
  emit(step, { type: 'expect', generation: turn.generation });
}

/** `late`: it did not fail by itself, its time was up. */
export function modelFailed(step: Step, turn: AgentTurn, late = false): void {
  emit(step, { type: 'stop-thinking', generation: turn.generation, ...(late ? { late } : {}) });
  if (turn.attempt < step.policy.attempts) return think(step, turn, turn.attempt + 1, answerText(turn));
  turn.thinking = 'done';
  turn.thinkDeadlineMs = null;
  // Only a turn without an answer needs the apology.
  if (!hasAnswer(turn)) apologise(step, turn);
}

function apologise(step: Step, turn: AgentTurn): void {
  if (turn.apologised) return;
  turn.apologised = true;
  addSegment(step, turn, step.policy.phrases.apology);
  pump(step, turn);
}

/** `unspeakable`: the voice does not have the text's language. */
export function synthesisFailed(
  step: Step,
  turn: AgentTurn,
  segment: Segment,
  samples: number,
  unspeakable = false,
): void {
  if (segment.status !== 'synthesizing') return;
  if (samples > 0 || segment.started) {
    // Part of the segment has audio; the next voice speaks the rest.
    segment.status = 'ready';
    segment.deadlineMs = null;
    if (segment.attempt >= step.policy.attempts) return;
    const said = surelySaid(segment.text, samples);
    const rest = segment.text.slice(said.length).trim();
    if (rest === '') return;
    Object.assign(segment, { text: said, samples });
    turn.segments.splice(
      turn.segments.indexOf(segment) + 1,
      0,
      newSegment(step, rest, segment.attempt + 1, segment.opening),
    );
    return pump(step, turn);
  }
  if (segment.attempt < step.policy.attempts) {
    segment.attempt++;
    synthesize(step, segment);
    return;
  }
  const { otherLanguage } = step.policy.phrases;
  if (unspeakable && !turn.segments.some(({ text }) => text === otherLanguage)) {
    Object.assign(segment, { text: otherLanguage, attempt: 1 });
    return synthesize(step, segment);
  }
  segment.status = 'failed';
  segment.deadlineMs = null;
  emit(step, { type: 'stop-synthesis', segment: segment.id, late: true });
  pump(step, turn);
}

/** Advances a committed turn: next model run after tools, end of the turn, end of the call. */
export function advance(step: Step): void {
  const { state } = step;
  const { turn } = state;
  if (!turn || turn.speculative || state.hold) return;
  if (turn.thinking === 'running' || turn.awaiting.length > 0) return;
  if (turn.segments.some((segment) => !segment.finished && segment.status !== 'failed')) return;
  if (hasUntoldResult(state) && turn.endsCall === null && rounds(step, turn) < MAX_ROUNDS) return think(step, turn, 1);
  conclude(step, turn, false);
  if (turn.endsCall === null) return;
  // On voicemail or a silent line there is no goodbye to wait for.
  const alone = turn.kind === 'voicemail' || turn.kind === 'idle';
  state.leaving = {
    reason: turn.endsCall,
    atMs: state.nowMs + (alone ? 0 : step.policy.farewellMs),
    latestMs: state.nowMs + step.policy.longestFarewellMs,
  };
}

/** Hangs up after the goodbye, and lets the caller finish theirs. */
export function leave(step: Step): void {
  const { leaving, caller, nowMs } = step.state;
  if (!leaving) return;
  const quiet = !caller.speaking && caller.pending.length === 0;
  if (nowMs >= leaving.latestMs || (quiet && nowMs >= leaving.atMs))
    emit(step, { type: 'hang-up', reason: leaving.reason });
}

function rounds(step: Step, turn: AgentTurn): number {
  return step.state.tools.filter((tool) => tool.turn === turn.id).length;
}
