import { ECHO_WINDOW, type EchoGuard } from '../audio/echo-guard.ts';
import { FRAME_SAMPLES, SAMPLES_PER_MS } from '../audio/format.ts';
import { periodicity } from '../audio/pitch.ts';
import { isKeyTone } from '../audio/tone.ts';
import type { VoiceActivityStream } from '../contracts/voice-activity.ts';

const WINDOW = 256;
const WINDOW_MS = WINDOW / SAMPLES_PER_MS;
const HALF = WINDOW / 2;
const ON = 0.5;
const SURE = 0.85;
const OFF = 0.35;
/**
 * While the agent speaks, one window rated as speech suffices if it is this periodic: a vowel, no cough or knock. It
 * may lie half in one of the detector's windows and half in the next.
 */
const VOICED = 0.85;
/** Windows below this mean level (of 32768) are silence and skip the kernel. */
const GATE_LEVEL = 40;
/** So do windows no louder than this factor (2 dB) above the line's noise floor. */
const NOISE_GATE = 1.2;
const NOISE_CHECK_EVERY = 4;
/** The kernel's state is reset after this many windows below the gate, about half a second. */
const FORGET_WINDOWS = 16;
/** Initial noise floor as mean level (-46 dBFS), and how fast it may rise per window (6 dB a second). */
const FIRST_NOISE = 160;
const NOISE_RISE = 1.0225;
const LEAST_NOISE = 4;
/** Ratio of the mean square of noise to the square of its mean level. */
const NOISE_SHAPE = Math.PI / 2;
/**
 * Speech this far below the caller's usual level is background: a television, people in the room. The stricter factor
 * applies during the agent's speech and at the end of a sentence, the looser one while an answer is awaited.
 */
const BACKGROUND = 0.28;
const BACKGROUND_WHILE_QUIET = 0.16;
const FIRST_USUAL = 1800;
/** The caller is at least this factor louder than the surroundings, whose level is learned within a second. */
const ABOVE_AROUND = 1.6;
const AROUND_STEP = 0.03;
const BACKGROUND_LASTS_MS = 10_000;
/** A window is judged by the loudest of this many windows, so that weak sounds within a word count as speech. */
const HELD_WINDOWS = 4;
/**
 * How far one utterance raises the caller's usual level, and how fast it falls: 3 dB in ten seconds of possible speech.
 */
const LOUDER_STEP = 0.6;
const QUIETER_STEP = 0.2;
const LEVEL_FADE = 0.9989;
/** The end of speech is the last 5 ms block that is clearly louder than the noise and not too far below the voice. */
const BLOCK = 40;
const ABOVE_NOISE = 3;
const BELOW_VOICE = 0.08;
/** Speech this far below its peak is fading: it ends, or a syllable does. */
const FADED = 0.2;
/** The kernel reports speech for at most this long after its end. */
const LONGEST_TAIL_MS = 110;
const TAIL_MARGIN_MS = 10;

export interface SpeechEvents {
  /** The first window that may be speech. */
  suspected(): void;
  started(onsetMs: number): void;
  /** Further speech that has not faded. */
  sounding(ms: number): void;
  ended(endMs: number): void;
}

/** Detects the caller's speech: voice activity behind a level gate, without key tones, background voices and echo. */
export class SpeechDetector {
  /** Silence that ends an utterance, ms. */
  hangMs = 240;
  readonly #stream: VoiceActivityStream;
  readonly #open: () => VoiceActivityStream;
  /** Rates the windows that lie half in one window and half in the next: while the agent speaks and the line sounds. */
  #between: VoiceActivityStream | null = null;
  readonly #overlapping = new Int16Array(WINDOW);
  readonly #echo: EchoGuard;
  readonly #events: SpeechEvents;
  readonly #window = new Int16Array(WINDOW);
  readonly #next = new Int16Array(WINDOW);
  readonly #past = new Float32Array(ECHO_WINDOW);
  #fill = 0;
  #quietWindows = 0;
  /** Mean levels of the line's noise and of the voice. */
  #noise = FIRST_NOISE;
  #voice = 0;
  /** The caller's usual level, and whether it is known; until then no speech is too quiet. */
  #usual = FIRST_USUAL;
  #known = false;
  /** Average level while the caller does not speak. */
  #around = 0;
  /** When background speech was last heard. */
  #backgroundMs = -Infinity;
  readonly #levels = new Float64Array(HELD_WINDOWS);
  #windows = 0;
  #positives = 0;
  #onsetMs = 0;
  /** The last window that the kernel rated as speech, and the last that was also loud enough. */
  #lastSpeechMs = 0;
  #lastLoudMs = 0;
  speaking = false;

  constructor(open: () => VoiceActivityStream, stream: VoiceActivityStream, echo: EchoGuard, events: SpeechEvents) {
    this.#open = open;
    this.#stream = stream;
    this.#echo = echo;
    this.#events = events;
  }

  /** Takes a frame that ends at the clock time `endMs`. */
  push(frame: Int16Array, endMs: number): void {
    for (let at = 0; at < FRAME_SAMPLES;) {
      const n = Math.min(HALF - (this.#fill % HALF), FRAME_SAMPLES - at);
      this.#window.set(frame.subarray(at, at + n), this.#fill);
      this.#fill += n;
      at += n;
      if (this.#fill % HALF !== 0) continue;
      this.#past.copyWithin(0, HALF);
      this.#past.set(this.#window.subarray(this.#fill - HALF, this.#fill), ECHO_WINDOW - HALF);
      const readMs = endMs - (FRAME_SAMPLES - at) / SAMPLES_PER_MS;
      if (this.#fill < WINDOW) {
        this.#onHalf(readMs);
        continue;
      }
      this.#fill = 0;
      this.#onWindow(readMs);
    }
  }

  /** The window that this frame will complete, if voice activity will rate it. Changes nothing. */
  nextWindow(frame: Int16Array): Int16Array | null {
    const missing = WINDOW - this.#fill;
    if (missing > FRAME_SAMPLES) return null;
    this.#next.set(this.#window.subarray(0, this.#fill));
    this.#next.set(frame.subarray(0, missing), this.#fill);
    const level = levelOf(this.#next);
    return this.#isRated(level, this.#noiseAfter(level), this.#quietWindows + 1) ? this.#next : null;
  }

  /** Ends the current utterance. */
  stop(): void {
    this.speaking = false;
    this.#positives = 0;
  }

  #onWindow(endMs: number): void {
    const level = levelOf(this.#window);
    const probability = this.#probability(level, endMs);
    if (probability >= ON) this.#voiced(probability, level, endMs);
    else this.#unvoiced(probability, level, endMs);
  }

  #voiced(probability: number, level: number, endMs: number): void {
    this.#heard(level, endMs);
    this.#findLoud(endMs);
    if (this.speaking)
      return level >= Math.max(this.#noise * 2, this.#voice * FADED) ? this.#events.sounding(WINDOW_MS) : undefined;
    if (this.#positives < 2 && probability < SURE && !this.#isVowelOverAgent(endMs)) return this.#events.suspected();
    this.speaking = true;
    this.#events.started(this.#onsetMs);
  }

  #isVowelOverAgent(endMs: number): boolean {
    return this.#echo.sounding(endMs) && periodicity(this.#past) >= VOICED;
  }

  /** Half of a window is there. With the half before it, it may hold the vowel with which the agent is interrupted. */
  #onHalf(endMs: number): void {
    if (this.speaking || !this.#echo.sounding(endMs)) return void (this.#between = null);
    const window = this.#overlapping;
    window.set(this.#past.subarray(ECHO_WINDOW - WINDOW));
    const level = levelOf(window);
    if (this.#isQuiet(level, this.#noise)) return void (this.#between = null);
    this.#between ??= this.#open();
    if (this.#between.process(window) < ON || periodicity(this.#past) < VOICED) return;
    if (level < this.#leastLevel(BACKGROUND) || this.#isNoSpeech(window, endMs)) return;
    this.#between = null;
    this.#heard(level, endMs);
    this.#lastLoudMs = endMs;
    this.speaking = true;
    this.#events.started(this.#onsetMs);
  }

  #heard(level: number, endMs: number): void {
    if (this.#positives === 0) this.#onsetMs = endMs - WINDOW_MS;
    this.#positives++;
    this.#voice = Math.max(this.#voice, level);
    this.#lastSpeechMs = endMs;
  }

  #unvoiced(probability: number, level: number, endMs: number): void {
    this.#positives = 0;
    if (!this.speaking) {
      this.#voice = 0;
      return;
    }
    if (probability >= OFF) this.#lastSpeechMs = endMs;
    if (level > GATE_LEVEL) this.#findLoud(endMs);
    const speechEndMs = Math.max(
      this.#lastSpeechMs - LONGEST_TAIL_MS,
      Math.min(this.#lastSpeechMs, this.#lastLoudMs + TAIL_MARGIN_MS),
    );
    if (endMs - speechEndMs < this.hangMs) return;
    this.speaking = false;
    this.#usual +=
      (this.#voice - this.#usual) * (!this.#known ? 1 : this.#voice > this.#usual ? LOUDER_STEP : QUIETER_STEP);
    this.#known = true;
    this.#events.ended(speechEndMs);
  }

  #probability(level: number, endMs: number): number {
    if (level >= 1 && !this.speaking) this.#around += (level - this.#around) * AROUND_STEP;
    this.#noise = this.#noiseAfter(level);
    if (this.#isQuiet(level, this.#noise)) {
      this.#quietWindows++;
      // In silence the kernel keeps its state during a short pause and is reset after a long one.
      if (level < GATE_LEVEL && this.#quietWindows === FORGET_WINDOWS) this.#stream.reset();
    } else this.#quietWindows = 0;
    if (!this.#isRated(level, this.#noise, this.#quietWindows)) return 0;
    const probability = this.#stream.process(this.#window);
    if (probability < OFF) return probability;
    return this.#isBackground(level, endMs) || this.#isNoSpeech(this.#window, endMs) ? 0 : probability;
  }

  /** Whether this window, the end of what was heard last, is a key tone or the agent's echo. */
  #isNoSpeech(window: Int16Array, endMs: number): boolean {
    if (!this.speaking && isKeyTone(window)) return true;
    return this.#echo.explains(this.#past, endMs, this.#noise ** 2 * NOISE_SHAPE);
  }

  /** Whether speech is a background voice. The caller's voice may trail off unless this line has a known background. */
  #isBackground(level: number, endMs: number): boolean {
    this.#levels[this.#windows++ % HELD_WINDOWS] = level;
    this.#usual *= LEVEL_FADE;
    let loudest = 0;
    for (let i = 0; i < HELD_WINDOWS; i++) loudest = Math.max(loudest, this.#levels[i]!);
    if (this.speaking)
      return (
        endMs - this.#backgroundMs < BACKGROUND_LASTS_MS &&
        loudest < Math.max(BACKGROUND * this.#voice, this.#around * ABOVE_AROUND)
      );
    const isAgentHeard = this.#echo.sounding(endMs);
    const background = loudest < this.#leastLevel(isAgentHeard ? BACKGROUND : this.#known ? BACKGROUND_WHILE_QUIET : 0);
    if (background) this.#backgroundMs = endMs;
    return background;
  }

  /** Below this level, a window is the background: `share` of the caller's usual level, or what is around them. */
  #leastLevel(share: number): number {
    return Math.max(this.#usual * share, this.#around * ABOVE_AROUND);
  }

  /** The noise floor falls at once to the quietest level and rises slowly, so that it follows steady sound. */
  #noiseAfter(level: number): number {
    if (level < 1) return this.#noise;
    return level < this.#noise ? Math.max(LEAST_NOISE, (this.#noise + level) / 2) : this.#noise * NOISE_RISE;
  }

  #isQuiet(level: number, noise: number): boolean {
    return !this.speaking && level < Math.max(GATE_LEVEL, noise * NOISE_GATE);
  }

  /** Whether the kernel rates a window of this level, the so manyth quiet one: in steady noise it runs now and then. */
  #isRated(level: number, noise: number, quietWindows: number): boolean {
    return !this.#isQuiet(level, noise) || (level >= GATE_LEVEL && quietWindows % NOISE_CHECK_EVERY === 0);
  }

  #findLoud(endMs: number): void {
    const enough = Math.max(this.#noise * ABOVE_NOISE, this.#voice * BELOW_VOICE) * BLOCK;
    for (let end = WINDOW; end >= BLOCK; end -= BLOCK) {
      let sum = 0;
      for (let i = end - BLOCK; i < end; i++) sum += Math.abs(this.#window[i]!);
      if (sum <= enough) continue;
      this.#lastLoudMs = endMs - (WINDOW - end) / SAMPLES_PER_MS;
      return;
    }
  }
}

/** Mean level of a window. */
function levelOf(window: Int16Array): number {
  let sum = 0;
  for (let i = 0; i < WINDOW; i += 2) sum += Math.abs(window[i]!);
  return (2 * sum) / WINDOW;
}
