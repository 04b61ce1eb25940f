import type { Call } from './call.ts';

/** The file key of a call's recording. */
export function recordingKeyOf(call: Pick<Call, 'organizationId' | 'sid'>): string {
  return `recordings/org_${call.organizationId}/${call.sid}.au`;
}

/** The files that are rendered from a recording after the call. */
export function recordingFiles(recordingKey: string): {
  readonly source: string;
  readonly wav: string;
  readonly mp3: string;
  readonly peaks: string;
} {
  const name = recordingKey.replace(/\.au$/, '');
  return { source: recordingKey, wav: `${name}.wav`, mp3: `${name}.mp3`, peaks: `${name}.peaks.json` };
}
