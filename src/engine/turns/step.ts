import {
  addSegment,
  advance,
  conclude,
  discard,
  leave,
  modelDone,
  modelFailed,
  pump,
  sayTurn,
  silence,
  synthesisFailed,
  reportDialogue,
} from './agent.ts';
import * as callerSide from './caller.ts';
import { beginClosing, finishClosing } from './closing.ts';
import { idleAtMs, nextDeadlineMs, openingAtMs, wantsFiller } from './deadlines.ts';
import type { TurnEffect, TurnEvent } from './events.ts';
import { emit, note, record, type Step } from './machine.ts';
import type { TurnPolicy } from './policy.ts';
import { hintMachine, beginTalk, reconsider, screen, startScreening, tone } from './screening.ts';
import { draftOf, type AgentTurn, type Segment, type TurnState } from './state.ts';
import { returnToCaller, standAside } from './standing-aside.ts';
import { takeUp } from './taking-over.ts';
import { decideTool, toolResult } from './tools.ts';
import { unreachable } from '#core/kernel/errors.ts';

/** One window and one frame: the time in which suspected speech is confirmed or not. */
const SUSPICION_MS = 60;

/** The call ends after this many consecutive answers that could not be spoken. */
const MUTE_LIMIT = 2;

/**
 * One step of turn-taking. Pure: no clock, no I/O, and the given state is not changed. Time comes with the event and
 * never
 * goes back. Effects are executed in order, and their outcomes come back as events.
 */
export function step(
  state: TurnState,
  event: TurnEvent,
  policy: TurnPolicy,
): { state: TurnState; effects: TurnEffect[] } {
  if (state.phase === 'ended') return { state, effects: [] };
  const current: Step = { state: draftOf(state), policy, effects: [] };
  current.state.nowMs = Math.max(state.nowMs, event.atMs);
  if (current.state.hold) current.state.hold.fresh = false;
  if (!state.away || GOES_ON_ASIDE.has(event.type)) handle(current, event);
  settle(current);
  return { state: current.state, effects: current.effects };
}

/** What concerns an AI agent who stands aside. */
const GOES_ON_ASIDE: ReadonlySet<TurnEvent['type']> = new Set<TurnEvent['type']>([
  'return',
  'overheard',
  'instructed',
  'taken-over',
  'tool-result',
  'end',
  'hung-up',
  'media-lost',
  'media-back',
  'tick',
]);

export { nextDeadlineMs };

function handle(current: Step, event: TurnEvent): void {
  const { state } = current;
  const open = state.phase !== 'closing';
  switch (event.type) {
    case 'prepare':
    case 'start':
      return begin(current, event.type);
    case 'taken-over':
      return state.phase === 'waiting' ? begin(current, 'start') : takeUp(current);
    case 'speech-started':
      return open ? callerSide.speechStarted(current, event.utterance, event.onsetMs) : undefined;
    case 'speech-suspected':
      state.caller.suspectedUntilMs = state.nowMs + SUSPICION_MS;
      return;
    case 'speech-goes-on':
      return callerSide.speechGoesOn(current, event.ms);
    case 'speech-ended':
      return open ? callerSide.speechEnded(current, event.utterance, event.endMs) : undefined;
    case 'transcript-partial':
      return callerSide.partial(current, event.utterance, event.text);
    case 'transcript-final':
      return callerSide.final(current, event.utterance, event);
    case 'tone-started':
    case 'tone-ended':
      return tone(current, event.type === 'tone-ended');
    case 'answered-by':
      return event.who === 'machine' ? hintMachine(current) : undefined;
    case 'dtmf':
      return state.phase === 'talking' ? callerSide.dtmf(current, event.digit) : undefined;
    case 'model-clause':
    case 'model-tool':
    case 'model-dialogue':
    case 'model-done':
    case 'model-failed':
      return fromModel(current, event);
    case 'synthesis-started':
    case 'synthesis-done':
    case 'synthesis-failed':
      return fromSynthesis(current, event);
    case 'playout-started':
    case 'playout-heard':
    case 'playout-finished':
      return fromPlayout(current, event);
    case 'tool-result':
      toolResult(current, event.key, event.status, event.output);
      if (event.waitForHuman !== undefined) state.idle.waitingForHuman = event.waitForHuman;
      if (state.turn?.speculative && state.turn.kind === 'reply') discard(current);
      return;
    case 'message':
      return open && state.phase !== 'waiting' ? message(current, event.text) : undefined;
    case 'say':
      return open && state.phase !== 'waiting' ? say(current, event.text, event.endsCall) : undefined;
    case 'end':
      if (!open) return;
      emit(current, { type: 'hang-up', reason: event.reason });
      return beginClosing(current, event.reason);
    case 'hung-up':
      // A caller who hangs up after the agent's goodbye ends the call with the agent's reason.
      return beginClosing(
        current,
        state.leaving?.reason ?? (state.turn && !state.turn.speculative ? state.turn.endsCall : null) ?? event.reason,
      );
    case 'human-awaited':
      state.idle = { ...state.idle, asked: 0, waitingForHuman: event.awaited };
      return;
    case 'stand-aside':
      return standAside(current);
    case 'return':
      return returnToCaller(current, event.text, event.endsCall ?? null);
    case 'overheard':
      return record(current, { role: 'overheard', ...event.said });
    case 'instructed':
      return record(current, { role: 'instruction', userId: event.userId, text: event.text, atMs: state.nowMs });
    case 'media-lost':
      if (!open || state.lostUntilMs !== null) return;
      state.lostUntilMs = event.untilMs;
      if (!state.hold) emit(current, { type: 'pause' });
      return;
    case 'media-back':
      return comeBack(current);
    case 'tick':
      return;
    default:
      return unreachable(event);
  }
}

function begin(current: Step, how: 'prepare' | 'start'): void {
  const { state, policy } = current;
  if (how === 'start') state.lostUntilMs = null;
  if (state.phase !== 'waiting') return;
  if (how === 'prepare') {
    if (!state.turn && policy.firstMessage?.trim())
      sayTurn(current, 'first', policy.firstMessage, { speculative: true });
    return;
  }
  if (policy.screen) startScreening(current);
  else beginTalk(current);
}

function fromModel(current: Step, event: Extract<TurnEvent, { type: `model-${string}` }>): void {
  const { state } = current;
  const { turn } = state;
  if (state.phase === 'closing' || !turn || turn.generation !== event.generation || turn.thinking !== 'running') return;
  turn.thinkDeadlineMs = state.nowMs + current.policy.thinkTimeoutMs;
  turn.watchMs = state.nowMs + current.policy.watchdogMs;
  switch (event.type) {
    case 'model-clause':
      addSegment(current, turn, event.text);
      return pump(current, turn);
    case 'model-tool':
      if (turn.speculative) turn.asked.push({ name: event.name, args: { ...event.args } });
      else decideTool(current, turn, event.name, { ...event.args });
      return;
    case 'model-dialogue':
      turn.dialogue = { phase: event.phase, expects: event.expects };
      return reportDialogue(current, turn);
    case 'model-done':
      return modelDone(current, turn);
    case 'model-failed':
      return modelFailed(current, turn);
    default:
      return unreachable(event);
  }
}

function segmentOf(state: TurnState, id: number): { turn: AgentTurn; segment: Segment } | null {
  const segment = state.turn?.segments.find((one) => one.id === id);
  return state.turn && segment ? { turn: state.turn, segment } : null;
}

function fromSynthesis(current: Step, event: Extract<TurnEvent, { type: `synthesis-${string}` }>): void {
  const found = segmentOf(current.state, event.segment);
  if (!found || current.state.phase === 'closing') return;
  const { turn, segment } = found;
  turn.watchMs = current.state.nowMs + current.policy.watchdogMs;
  if (event.type === 'synthesis-failed')
    return synthesisFailed(current, turn, segment, event.samples, event.unspeakable);
  turn.timing.firstAudioMs ??= current.state.nowMs;
  segment.deadlineMs = null;
  if (event.type === 'synthesis-started') return;
  segment.status = 'ready';
  segment.samples = event.samples;
  segment.words = event.words.map((word) => ({ ...word }));
  pump(current, turn);
}

function fromPlayout(current: Step, event: Extract<TurnEvent, { type: `playout-${string}` }>): void {
  const { state } = current;
  const found = segmentOf(state, event.segment);
  if (!found || found.turn.speculative || !found.segment.released) return;
  const { turn, segment } = found;
  turn.watchMs = state.nowMs + current.policy.watchdogMs;
  if (event.type === 'playout-started') {
    segment.started = true;
    if (turn.timing.firstFrameMs === null) {
      turn.timing.firstFrameMs = state.nowMs;
      state.caller.owed = false;
      note(current, { kind: 'first-frame', turn: turn.id, turnKind: turn.kind, text: segment.text });
    }
    return;
  }
  segment.heardSamples = Math.max(segment.heardSamples, event.samples);
  segment.estimated ||= event.estimated;
  if (event.type === 'playout-finished') {
    segment.finished = true;
    pump(current, turn);
  }
}

/** Takes a written message; its sender is a person. */
function message(current: Step, text: string): void {
  const { state } = current;
  if (state.leaving || text.trim() === '') return;
  if (state.phase === 'screening') beginTalk(current);
  callerSide.written(current, text.trim());
}

/** Speaks a text given from outside, after the current turn. It ends the call only after it was heard. */
function say(current: Step, text: string, endsCall: string | null): void {
  const { state } = current;
  if (state.leaving) return;
  // A text given from outside does not wait for screening.
  if (state.phase === 'screening') Object.assign(state, { phase: 'talking', screening: null });
  if (state.turn?.speculative) discard(current);
  if (!state.turn)
    return void sayTurn(current, 'notice', text, {
      endsCall,
      interruptible: endsCall === null && current.policy.interruptible,
    });
  addSegment(current, state.turn, text);
  if (endsCall !== null) {
    state.turn.endsCall = endsCall;
    state.turn.interruptible = false;
  }
  pump(current, state.turn);
}

function comeBack(current: Step): void {
  const { state, policy } = current;
  if (state.lostUntilMs === null || state.phase === 'closing') return;
  state.lostUntilMs = null;
  const { turn } = state;
  if (turn) {
    turn.watchMs = state.nowMs + policy.watchdogMs;
    if (turn.thinkDeadlineMs !== null) turn.thinkDeadlineMs = state.nowMs + policy.thinkTimeoutMs;
  }
  if (state.idle.sinceMs !== null) state.idle.sinceMs = state.nowMs;
  if (!state.hold) emit(current, { type: 'resume' });
}

/** Does everything that is due after any event, so that no decision depends on the order of events. */
function settle(current: Step): void {
  const { state } = current;
  if (state.phase === 'closing') return finishClosing(current);
  if (state.phase === 'ended') return;
  if (state.lostUntilMs !== null) {
    if (state.nowMs >= state.lostUntilMs) {
      emit(current, { type: 'hang-up', reason: 'media_lost' });
      beginClosing(current, 'media_lost');
      finishClosing(current);
    }
    return;
  }
  if (state.phase === 'waiting' || state.away) return;
  callerSide.giveUpFinals(current);
  callerSide.decideHold(current);
  overdue(current);
  if (closedByUs(current)) return;
  reconsider(current);
  screen(current);
  if (state.phase === 'screening') return;
  advance(current);
  leave(current);
  if (closedByUs(current) || state.leaving) return;
  callerSide.speculate(current);
  callerSide.endpoint(current);
  callerSide.speakToolResults(current);
  idle(current);
}

/** After the agent hangs up, only the closing follows. */
function closedByUs(current: Step): boolean {
  const goodbye = current.effects.find((effect) => effect.type === 'hang-up');
  if (!goodbye) return false;
  beginClosing(current, goodbye.reason);
  finishClosing(current);
  return true;
}

/** Handles overdue waits; the watchdog is the last resort. */
function overdue(current: Step): void {
  const { state, policy } = current;
  for (const tool of state.tools) {
    if (tool.status === 'running' && state.nowMs >= tool.deadlineMs)
      toolResult(current, tool.key, 'unknown', 'The outcome is not known: no answer came in time.');
    else if (tool.status === 'running' && state.nowMs >= tool.fillAtMs && state.turn && wantsFiller(state, tool.turn)) {
      // Repeats the filler as long as the tool runs.
      for (const one of state.tools) if (one.turn === tool.turn) one.fillAtMs = state.nowMs + policy.fillerAgainMs;
      addSegment(current, state.turn, policy.phrases.filler);
      pump(current, state.turn);
    }
  }
  const { turn } = state;
  if (!turn) return;
  if (turn.thinking === 'running' && turn.thinkDeadlineMs !== null && state.nowMs >= turn.thinkDeadlineMs)
    modelFailed(current, turn, true);
  const openingAt = openingAtMs(state, policy);
  if (openingAt !== null && state.nowMs >= openingAt) sayOpening(current, turn);
  // A replacement may be added while iterating.
  for (const segment of turn.segments.slice()) {
    if (segment.deadlineMs !== null && state.nowMs >= segment.deadlineMs) synthesisFailed(current, turn, segment, 0);
  }
  if (!turn.speculative && !state.hold && turn.awaiting.length === 0 && state.nowMs >= turn.watchMs) {
    state.recovered++;
    note(current, { kind: 'recovered', what: `turn ${turn.id} (${turn.kind}) made no progress` });
    emit(current, { type: 'clear' });
    silence(current, turn);
    conclude(current, turn, false);
    if (turn.endsCall !== null) emit(current, { type: 'hang-up', reason: turn.endsCall });
  }
  if (state.muteTurns >= MUTE_LIMIT) {
    emit(current, { type: 'hang-up', reason: 'speech_failed' });
  }
}

/** Words before the answer, so that the caller is not left in silence. They are no answer. */
function sayOpening(current: Step, turn: AgentTurn): void {
  const { openings } = current.policy.phrases;
  addSegment(current, turn, openings[turn.id % openings.length]!, true);
  pump(current, turn);
}

function idle(current: Step): void {
  const { state, policy } = current;
  const at = idleAtMs(state, policy);
  if (at === null || state.nowMs < at) return;
  if (state.idle.waitingForHuman) return void sayTurn(current, 'idle', policy.phrases.stillWaiting);
  if (state.idle.asked < policy.idleLimit) {
    state.idle.asked++;
    return void sayTurn(current, 'idle', policy.phrases.stillThere);
  }
  sayTurn(current, 'idle', policy.phrases.goodbye, { endsCall: 'silence', interruptible: false });
}
