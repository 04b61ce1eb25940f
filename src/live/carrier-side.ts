import type { Call } from '#core/calls/call.ts';
import { refusalBy } from '#core/calls/finish-call.ts';
import type { Carrier, CarrierEvent } from '#contracts/carrier.ts';
import type { Log } from '#core/kernel/log.ts';
import type { CarrierSide } from './call-ending.ts';
import type { RunningCall } from './running-call.ts';

/** The requests that a call can make of its carrier. `transferTo` is the number of a transfer. */
export function carrierSide(call: Call, carrier: Carrier, transferTo: string | null, log: Log): CarrierSide {
  const carrierCallId = call.carrierCallId!;
  const failed = (what: string) => (error: unknown) =>
    log.error({ err: error, call: call.sid }, `carrier request failed: ${what}`);
  return {
    hangUp: () => void carrier.hangUp(carrierCallId).catch(failed('hang up')),
    isRoom: carrier.meet !== undefined,
    transfer:
      transferTo === null || !carrier.transfer
        ? null
        : async () => {
            try {
              await carrier.transfer!(carrierCallId, transferTo, call.direction === 'inbound' ? call.to : call.from);
            } catch (error) {
              failed('transfer')(error);
              throw error;
            }
          },
  };
}

/** Buffers the events of a call whose media this process connects until the call is running. */
export class CarrierEvents {
  #running: RunningCall | null = null;
  #early: CarrierEvent[] = [];
  #onMedia: () => void = () => undefined;

  readonly tell = (event: CarrierEvent): void => {
    if (this.#running) told(this.#running, event, this.#onMedia);
    else this.#early.push(event);
  };

  /** `onMedia`: the media is connected. */
  goTo(running: RunningCall, onMedia: () => void): void {
    this.#running = running;
    this.#onMedia = onMedia;
    for (const event of this.#early.splice(0)) told(running, event, onMedia);
  }
}

function told(running: RunningCall, event: CarrierEvent, onMedia: () => void): void {
  switch (event.type) {
    case 'ringing':
      return running.signal(event);
    case 'failed':
      return void running.fail(
        event.outcome,
        event.outcome === 'refused' ? refusalBy(event.reason) : event.outcome.replace('-', '_'),
        failureText(event.outcome, event.reason),
      );
    case 'answered':
      void running.answer(event.leg).then((events) => {
        if (!events) return event.leg.close();
        onMedia();
        event.connect(events);
        running.begin();
      });
  }
}

/** Why a call failed, as a sentence for people. */
export function failureText(outcome: 'busy' | 'no-answer' | 'canceled' | 'refused', reason: string): string {
  switch (outcome) {
    case 'busy':
      return 'The line was busy';
    case 'no-answer':
      return 'No answer';
    case 'canceled':
      return 'The call was canceled';
    case 'refused':
      return `The carrier refused the call: ${reason}`;
  }
}
