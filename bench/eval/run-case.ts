import { FRAME_MS } from '#engine/audio/format.ts';
import type { VoiceActivity } from '#engine/contracts/voice-activity.ts';
import { spokenClauses } from '#core/kernel/text/spoken.ts';
import type { TurnNote } from '#engine/turns/events.ts';
import { DEFAULT_POLICY, type TurnPolicy } from '#engine/turns/policy.ts';
import { VoiceSession } from '#engine/voice-session.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { Case } from '../corpus/case.ts';
import { FarEnd } from './far-end.ts';
import { scriptedModel, ScriptedRecogniser, scriptedVoice, spokenMs } from './scripted-people.ts';

const LONGEST_MS = 60_000;
/** Listened to for so long after the caller's part. */
const AFTERWARDS_MS = 4500;
/** A pause that lasts longer than this is a false stop. */
const RESUMED_WITHIN_MS = 700;
/** Resumed within a frame of the sample at which it was paused. */
const SAME_SAMPLE_MS = FRAME_MS + 1;
const VOICEMAIL = 'Hello, this is Ada from Trunkline. Please call us back when you can. Thank you, and goodbye.';

/** What happened in one case; times in ms. */
export interface Outcome {
  readonly right: boolean;
  /** Why it was not. */
  readonly wrong: string | null;
  /** The caller's onset (or the agent's, where it came later) to silence. */
  readonly pauseMs: number | null;
  /** Silence to the decision that it is an interruption. */
  readonly decideMs: number | null;
  /** A pause that was taken back in time. */
  readonly needlessPauses: number;
  /** End of speech to the turn's commitment. */
  readonly endpointMs: number | null;
  readonly cutOff: boolean;
  /** The agent's first frame after the end of the answer. */
  readonly beganMs: number | null;
}

interface Played {
  readonly partMs: number;
  readonly far: FarEnd;
  readonly seen: readonly Seen[];
  /** When it was decided whether a sound interrupts. */
  readonly decisions: readonly number[];
}

interface Seen {
  readonly note: TurnNote;
  readonly atMs: number;
}

/** Plays one case through the whole engine, in audio, on a clock of its own. */
export function runCase(what: Case, voiceActivity: VoiceActivity): Outcome {
  const clock = new VirtualClock();
  const ear = new ScriptedRecogniser(clock);
  const screen = what.cue.after === 'answer';
  const policy: TurnPolicy = { ...DEFAULT_POLICY, firstMessage: what.agentSays, voicemailMessage: VOICEMAIL, screen };
  const seen: Seen[] = [];
  const far = new FarEnd(clock, what, LONGEST_MS);
  const session = new VoiceSession({
    clock,
    policy,
    prompt: 'p',
    model: 'm',
    voiceId: 'v',
    tools: [],
    context: { phrases: [] },
    providers: {
      voiceActivity,
      speechToText: [ear],
      languageModels: [scriptedModel(clock)],
      textToSpeech: [scriptedVoice(clock, what.agentVoice)],
    },
    host: {
      runTool: () => Promise.resolve({ status: 'failed', output: '' }),
      note: (note) => void seen.push({ note, atMs: clock.nowMs() }),
      agentFrame: () => undefined,
      agentCut: () => undefined,
      fellBack: () => undefined,
      hangUp: () => undefined,
      closed: () => undefined,
      failed: (error) => {
        throw error;
      },
    },
  });
  far.onMark = (name) => session.mark(name);
  let partMs: number | null = null;
  const begin = () => {
    partMs = clock.nowMs();
    far.begin();
    ear.begin(what.words);
  };
  session.prepare();
  clock.advanceAtOnce(1000);
  session.start(far);
  const startMs = clock.nowMs();
  if (what.cue.after === 'answer') clock.at(startMs + what.cue.ms, begin);
  // The agent's first frame comes a tick after the start: who speaks before it is scheduled from here.
  if (what.cue.after === 'agent-starts') clock.at(startMs + Math.max(1, what.cue.ms), begin);
  const decisions: number[] = [];
  let undecided = false;
  let waiting = what.cue.after === 'agent-ends';
  for (let endMs = Infinity; clock.nowMs() < Math.min(LONGEST_MS, endMs);) {
    clock.advanceAtOnce(FRAME_MS);
    session.audio(far.frame());
    // Whether a sound interrupts is open from the pause to the decision.
    const open = session.state.hold !== null;
    if (!open && undecided) decisions.push(clock.nowMs());
    undecided = open;
    if (waiting && seen.some(({ note }) => note.kind === 'entry' && note.item.role === 'agent')) {
      waiting = false;
      clock.at(clock.nowMs() + what.cue.ms, begin);
    }
    if (partMs !== null)
      endMs =
        partMs +
        Math.max(what.endMs, what.expected.kind === 'machine' ? what.expected.fromMs : 0) +
        AFTERWARDS_MS +
        (screen ? 6000 : 0);
    // The agent may finish, whatever pauses were made.
    if (partMs !== null && what.expected.kind === 'no-stop' && interruptions(seen).length === 0)
      endMs = Math.max(
        endMs,
        startMs +
          spokenMs(what.agentVoice, spokenClauses(what.agentSays)) +
          1000 +
          far.clears.length * RESUMED_WITHIN_MS,
      );
  }
  const outcome = judge(what, { partMs: partMs ?? clock.nowMs(), far, seen, decisions });
  session.hungUp('over');
  return outcome;
}

const NOTHING: Outcome = {
  right: true,
  wrong: null,
  pauseMs: null,
  decideMs: null,
  needlessPauses: 0,
  endpointMs: null,
  cutOff: false,
  beganMs: null,
};

function judge(what: Case, played: Played): Outcome {
  switch (what.expected.kind) {
    case 'stop':
      return judgeStop(played);
    case 'no-stop':
      return judgeNoStop(what, played);
    case 'turn':
      return judgeTurn(what, played);
    default:
      return judgeAnswer(what, what.expected, played);
  }
}

const interruptions = (seen: readonly Seen[]) =>
  seen.filter(({ note }) => note.kind === 'entry' && note.item.role === 'agent' && note.item.interrupted);

function judgeStop({ partMs, far, seen, decisions }: Played): Outcome {
  const onsetMs = Math.max(partMs, far.stretches[0]?.startMs ?? 0);
  const paused = far.clears.find((atMs) => atMs >= partMs);
  const stopped =
    interruptions(seen).find(({ atMs }) => atMs >= partMs) ??
    seen.find(
      ({ note, atMs }) =>
        atMs >= partMs && note.kind === 'entry' && note.item.role === 'caller' && !note.item.backchannel,
    );
  if (!stopped || paused === undefined)
    return { ...NOTHING, right: false, wrong: paused === undefined ? 'never paused' : 'resumed' };
  const decided = decisions.find((atMs) => atMs >= paused);
  return {
    ...NOTHING,
    pauseMs: Math.max(0, paused - onsetMs),
    decideMs: decided === undefined ? null : decided - paused,
  };
}

function judgeNoStop(what: Case, { far, seen }: Played): Outcome {
  const cut = interruptions(seen)[0];
  if (cut) return { ...NOTHING, right: false, wrong: 'stopped for good' };
  const pauses = far.stretches.slice(1).map((stretch, i) => stretch.startMs - far.stretches[i]!.endMs);
  const late = pauses.find((gap) => gap > RESUMED_WITHIN_MS);
  if (late !== undefined) return { ...NOTHING, right: false, wrong: `paused for ${Math.round(late)} ms` };
  const missing = spokenMs(what.agentVoice, spokenClauses(what.agentSays)) - far.playedMs;
  // The last frame is filled up with silence, once a clause.
  const slack = FRAME_MS * spokenClauses(what.agentSays).length + SAME_SAMPLE_MS * far.clears.length;
  if (Math.abs(missing) > slack)
    return { ...NOTHING, right: false, wrong: `${Math.round(missing)} ms of the agent's speech lost or said twice` };
  return { ...NOTHING, needlessPauses: far.clears.length };
}

function judgeTurn(what: Case, { partMs, seen }: Played): Outcome {
  const endMs = partMs + what.endMs;
  const commits = seen.filter(
    ({ note, atMs }) => atMs >= partMs && note.kind === 'entry' && note.item.role === 'caller',
  );
  const cutOff = commits.some(({ atMs }) => atMs < endMs - 1);
  const answered = commits.find(({ atMs }) => atMs >= endMs - 1);
  if (cutOff) return { ...NOTHING, right: false, wrong: 'cut off', cutOff };
  if (!answered) return { ...NOTHING, right: false, wrong: 'never answered' };
  return { ...NOTHING, endpointMs: answered.atMs - endMs };
}

function judgeAnswer(
  what: Case,
  expected: Extract<Case['expected'], { fromMs: number }>,
  { partMs, far, seen }: Played,
): Outcome {
  const verdict = seen.find(({ note }) => note.kind === 'answered-by');
  const who = verdict?.note.kind === 'answered-by' ? verdict.note.who : null;
  const first = far.stretches[0]?.startMs ?? null;
  const wanted = expected.kind === 'machine' ? 'machine' : 'human';
  if (who !== wanted) return { ...NOTHING, right: false, wrong: `taken for ${who ?? 'no one'}` };
  if (first === null) return { ...NOTHING, right: false, wrong: 'nothing was said' };
  const saidMs = expected.kind === 'human' ? partMs + what.endMs : partMs + expected.fromMs;
  const beganMs = first - saidMs;
  if (expected.kind !== 'human' && beganMs < 0)
    return { ...NOTHING, right: false, wrong: `began ${Math.round(-beganMs)} ms too early`, beganMs };
  return { ...NOTHING, beganMs: beganMs };
}
