import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError } from '../kernel/errors.ts';
import { getCall } from './get-call.ts';
import { recordingFiles } from './recording.ts';

/** A stored peak stands for so much time. */
const PEAK_MS = 20;

export interface Peaks {
  readonly msPerPoint: number;
  readonly durationMs: number;
  /** From 0 to 100. */
  readonly caller: readonly number[];
  readonly agent: readonly number[];
}

const [ZERO, NINE] = [0x30, 0x39];

/** The numbers of a stored waveform, two for each peak: that of a long call has a million, so no objects are made. */
async function storedPeaks(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  let values = new Uint8Array(1 << 16);
  let length = 0;
  let value = -1;
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte >= ZERO && byte <= NINE) value = (value < 0 ? 0 : value * 10) + byte - ZERO;
      else if (value >= 0) {
        if (length === values.length) {
          const longer = new Uint8Array(length * 2);
          longer.set(values);
          values = longer;
        }
        values[length++] = value;
        value = -1;
      }
    }
  return values.subarray(0, length);
}

/** The loudest of each stretch, in at most so many points. */
function reduced(stored: Uint8Array, points: number): Peaks {
  const length = stored.length / 2;
  const each = Math.max(1, Math.ceil(length / points));
  const caller: number[] = [];
  const agent: number[] = [];
  for (let from = 0; from < length; from += each) {
    let [left, right] = [0, 0];
    for (let i = from; i < Math.min(from + each, length); i++) {
      left = Math.max(left, stored[2 * i]!);
      right = Math.max(right, stored[2 * i + 1]!);
    }
    caller.push(left);
    agent.push(right);
  }
  return { msPerPoint: each * PEAK_MS, durationMs: length * PEAK_MS, caller, agent };
}

/** The waveform of a recording; empty without one. @throws AppError not-found, unavailable until the call has ended */
export async function peaksOf(
  core: Core,
  ctx: Context,
  id: string | number,
  points: number,
  subject: string,
): Promise<Peaks & { readonly offsetMs: number }> {
  const call = await getCall(core, ctx, id, subject);
  if (call.recordingKey === null) return { ...reduced(new Uint8Array(), points), offsetMs: 0 };
  const file = await core.files.read(recordingFiles(call.recordingKey).peaks);
  if (!file)
    throw new AppError('unavailable', 'The waveform is made when the call has ended. Try again in a moment.', {
      retryAt: new Date(core.clock.now().getTime() + 2000),
    });
  return { ...reduced(await storedPeaks(file.stream()), points), offsetMs: call.recordingOffsetMs ?? 0 };
}
