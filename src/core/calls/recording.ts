import type { Call } from './call.ts';

/** The file key of a call's recording. */
export function recordingKeyOf(call: Pick<Call, 'organizationId' | 'sid'>): string {
  return `recordings/org_${call.organizationId}/${call.sid}.au`;
}

/** The files of a recording: those made during the call, and those rendered from `source` after it. */
export function recordingFiles(recordingKey: string): {
  readonly source: string;
  readonly wav: string;
  readonly mp3: string;
  readonly peaks: string;
  /** What some of our side heard and the person did not; as `source` in form, the AI agent left and people right. */
  readonly apart: string;
} {
  const name = recordingKey.replace(/\.au$/, '');
  return {
    source: recordingKey,
    wav: `${name}.wav`,
    mp3: `${name}.mp3`,
    peaks: `${name}.peaks.json`,
    apart: `${name}.apart.au`,
  };
}
