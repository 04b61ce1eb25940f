import { randomBytes } from 'node:crypto';
import type { Carrier, CarrierEvent, Dialled, DialRequest } from '#contracts/carrier.ts';
import type { SpeechToText } from '#engine/contracts/speech-to-text.ts';
import type { TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import { colleagueAt } from './colleagues.ts';
import { isPerson, ordinaryPersona, whoAnswers, type Persona, type Pickup } from './personas.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { SimulatedPerson } from './simulated-person.ts';

const RINGS_AFTER_MS = 200;
const ANSWERS_AFTER_MS = 2500;
const BUSY_AFTER_MS = 900;

interface Line {
  readonly clock: CallClock;
  person: SimulatedPerson | null;
  end(): void;
}

/** A carrier without a telephone network: calls reach simulated people, each call with its own clock. */
export class SimulatedCarrier implements Carrier {
  static readonly id = 'simulator';
  static readonly about = {
    id: SimulatedCarrier.id,
    name: 'Simulator',
    capabilities: {
      voice: { supported: true, features: ['call', 'record', 'transcribe'] },
      sms: { supported: false, features: [] },
      recording: { supported: true, formats: ['mp3', 'wav'] },
    },
  };
  readonly id = SimulatedCarrier.id;
  readonly real = false;
  readonly #recogniser: SpeechToText;
  readonly #voice: TextToSpeech;
  readonly #speed: number;
  readonly #lines = new Map<string, Line>();

  constructor(options: { recogniser: SpeechToText; voice: TextToSpeech; speed: number }) {
    this.#recogniser = options.recogniser;
    this.#voice = options.voice;
    this.#speed = options.speed;
  }

  dial(request: DialRequest, onEvent: (event: CarrierEvent) => void): Promise<Dialled> {
    const carrierCallId = `SIM${randomBytes(16).toString('hex')}`;
    const line = this.#open(carrierCallId, request.joins);
    const pickup = request.joins ? colleagueAt(request.to) : whoAnswers(request.to, request.personName ?? undefined);
    this.#ring(line, carrierCallId, request, pickup, onEvent);
    return Promise.resolve({ carrierCallId, clock: line.clock });
  }

  /** Simulates an inbound call from a number of the table; it is connected at once. */
  receive(
    carrierCallId: string,
    request: { readonly from: string | null; readonly hints: readonly string[] },
    onEvent: (event: CarrierEvent) => void,
  ): Dialled | null {
    const pickup = request.from !== null && isPerson(request.from) ? whoAnswers(request.from) : null;
    if (!pickup) return null;
    const line = this.#open(carrierCallId);
    // Numbers that never answer can call too; then an ordinary person speaks.
    const persona = pickup.outcome === 'answered' ? pickup.persona : ordinaryPersona();
    line.clock.at(0, () => this.#answer(line, carrierCallId, request.hints, persona, onEvent));
    return { carrierCallId, clock: line.clock };
  }

  /** `joined`: the clock of the call that a colleague joins, which goes on after them. */
  #open(carrierCallId: string, joined: CallClock | null = null): Line {
    const own = joined ? null : new SimulatedClock(this.#speed);
    const clock = joined ?? own!;
    const line: Line = {
      clock,
      person: null,
      end: () => {
        this.#lines.delete(carrierCallId);
        // Pending work on the clock (recognition of the last words, the closing) still runs.
        own?.at(own.nowMs() + 5000, () => own.stop());
      },
    };
    this.#lines.set(carrierCallId, line);
    return line;
  }

  #ring(
    line: Line,
    carrierCallId: string,
    request: DialRequest,
    pickup: Pickup,
    onEvent: (event: CarrierEvent) => void,
  ): void {
    const { clock } = line;
    const fail = (afterMs: number, outcome: 'busy' | 'no-answer' | 'refused', reason: string) =>
      clock.at(clock.nowMs() + afterMs, () => {
        if (!this.#lines.has(carrierCallId)) return;
        line.end();
        onEvent({ type: 'failed', outcome, reason });
      });
    if (pickup.outcome === 'refused') return void fail(0, 'refused', pickup.reason);
    clock.at(clock.nowMs() + RINGS_AFTER_MS, () => this.#lines.has(carrierCallId) && onEvent({ type: 'ringing' }));
    if (pickup.outcome === 'answered') {
      if (request.ringTimeoutMs < ANSWERS_AFTER_MS) fail(request.ringTimeoutMs, 'no-answer', 'no answer');
      else
        clock.at(clock.nowMs() + ANSWERS_AFTER_MS, () =>
          this.#answer(line, carrierCallId, request.hints, pickup.persona, onEvent),
        );
    } else fail(pickup.outcome === 'busy' ? BUSY_AFTER_MS : request.ringTimeoutMs, pickup.outcome, pickup.reason);
  }

  hangUp(carrierCallId: string): Promise<void> {
    const line = this.#lines.get(carrierCallId);
    line?.person?.close();
    line?.end();
    return Promise.resolve();
  }

  /** A simulated colleague answers; their conversation is not simulated. */
  transfer(carrierCallId: string): Promise<void> {
    return this.hangUp(carrierCallId);
  }

  #answer(
    line: Line,
    carrierCallId: string,
    hints: readonly string[],
    persona: Persona,
    onEvent: (event: CarrierEvent) => void,
  ): void {
    if (!this.#lines.has(carrierCallId)) return;
    const person = new SimulatedPerson({
      persona,
      clock: line.clock,
      recogniser: this.#recogniser,
      voice: this.#voice,
      hints,
      onGone: () => line.end(),
    });
    line.person = person;
    onEvent({ type: 'answered', leg: person, connect: (events) => person.answer(events) });
  }
}
