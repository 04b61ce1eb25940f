import type { Call } from './call.ts';

/** Where the recording of a call lies, while and after it runs. */
export function recordingKeyOf(call: Pick<Call, 'organizationId' | 'sid'>): string {
  return `recordings/org_${call.organizationId}/${call.sid}.au`;
}

/** What is made of a recording when its call has ended, beside what was streamed. */
export function recordingFiles(recordingKey: string): {
  readonly source: string;
  readonly wav: string;
  readonly mp3: string;
  readonly peaks: string;
} {
  const name = recordingKey.replace(/\.au$/, '');
  return { source: recordingKey, wav: `${name}.wav`, mp3: `${name}.mp3`, peaks: `${name}.peaks.json` };
}
