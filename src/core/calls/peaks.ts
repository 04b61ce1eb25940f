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

/** The loudest of each stretch, in at most so many points. */
export function reduced(stored: readonly (readonly [number, number])[], points: number): Peaks {
  const each = Math.max(1, Math.ceil(stored.length / points));
  const caller: number[] = [];
  const agent: number[] = [];
  for (let from = 0; from < stored.length; from += each) {
    let [left, right] = [0, 0];
    for (let i = from; i < Math.min(from + each, stored.length); i++) {
      left = Math.max(left, stored[i]![0]);
      right = Math.max(right, stored[i]![1]);
    }
    caller.push(left);
    agent.push(right);
  }
  return { msPerPoint: each * PEAK_MS, durationMs: stored.length * PEAK_MS, caller, agent };
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
  if (call.recordingKey === null) return { ...reduced([], points), offsetMs: 0 };
  const file = await core.files.read(recordingFiles(call.recordingKey).peaks);
  if (!file)
    throw new AppError('unavailable', 'The waveform is made when the call has ended. Try again in a moment.', {
      retryAt: new Date(core.clock.now().getTime() + 2000),
    });
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.stream()) chunks.push(chunk);
  const stored = JSON.parse(Buffer.concat(chunks).toString('utf8')) as [number, number][];
  return { ...reduced(stored, points), offsetMs: call.recordingOffsetMs ?? 0 };
}
