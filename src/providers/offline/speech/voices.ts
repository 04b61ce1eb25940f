import { createHash } from 'node:crypto';
import type { FliteVoice } from './flite.ts';

/** Voices of our own, by name. */
export const OFFLINE_VOICES: Readonly<Record<string, FliteVoice>> = {
  'offline-clara': { name: 'slt', rate: 1.05, pitch: 190 },
  'offline-rosa': { name: 'slt', rate: 1.1, pitch: 165 },
  'offline-martin': { name: 'rms', rate: 1.05, pitch: 105 },
  'offline-oscar': { name: 'rms', rate: 1.1, pitch: 125 },
  'offline-ewan': { name: 'awb', rate: 1, pitch: 130 },
  'offline-kai': { name: 'kal16', rate: 1, pitch: 110 },
};

/** Voices that a name of another vendor is mapped to: the best understood ones. */
const STAND_INS = ['offline-clara', 'offline-martin', 'offline-rosa', 'offline-oscar'] as const;

/** The offline voice for any voice id: its own, or always the same stand-in. */
export function offlineVoice(voiceId: string): { id: string; voice: FliteVoice } {
  const own = OFFLINE_VOICES[voiceId];
  if (own) return { id: voiceId, voice: own };
  const id = STAND_INS[createHash('sha256').update(voiceId).digest()[0]! % STAND_INS.length]!;
  return { id, voice: OFFLINE_VOICES[id]! };
}
