import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

const DOCUMENT = /^knowledge\/org_\d+\/[\w-]+\.\w+$/;
const VOICE = /^voices\/org_\d+\/[\w-]+\.audio$/;
const RECORDING = /^recordings\/org_\d+\/([\w-]+)\.(?:au|wav|mp3|peaks\.json|apart\.au)$/;

/**
 * Which of these files no record names. Files of calls that run, or that ended after `endedBefore`, are never among
 * them.
 */
export async function orphansAmong(
  db: Kysely<Database>,
  keys: readonly string[],
  endedBefore: Date,
): Promise<readonly string[]> {
  const documents = keys.filter((key) => DOCUMENT.test(key));
  const voices = keys.filter((key) => VOICE.test(key));
  const recordings = keys.flatMap((key) => {
    const sid = RECORDING.exec(key)?.[1];
    return sid === undefined ? [] : [{ key, sid }];
  });
  const named = documents.length === 0 ? [] : await documentsWith(db, documents);
  const sources = voices.length === 0 ? [] : await voicesOf(db, voices);
  const calls = recordings.length === 0 ? [] : await callsOf(db, [...new Set(recordings.map(({ sid }) => sid))]);
  const keptSids = new Set(
    calls.flatMap(({ sid, placed_sid, recording_key, ended_at }) => [
      RECORDING.exec(recording_key ?? '')?.[1],
      ...(ended_at === null || ended_at > endedBefore ? [sid, placed_sid] : []),
    ]),
  );
  const keptFiles = new Set([...named, ...sources]);
  return [
    ...[...documents, ...voices].filter((key) => !keptFiles.has(key)),
    ...recordings.filter(({ sid }) => !keptSids.has(sid)).map(({ key }) => key),
  ];
}

async function documentsWith(db: Kysely<Database>, keys: readonly string[]): Promise<readonly string[]> {
  const rows = await db.selectFrom('documents').select('file_key').where('file_key', 'in', keys).execute();
  return rows.map((row) => row.file_key);
}

async function voicesOf(db: Kysely<Database>, keys: readonly string[]): Promise<readonly string[]> {
  const rows = await db.selectFrom('voices').select('source_key').where('source_key', 'in', keys).execute();
  return rows.flatMap((row) => row.source_key ?? []);
}

function callsOf(db: Kysely<Database>, sids: readonly string[]) {
  return db
    .selectFrom('calls')
    .select(['sid', 'placed_sid', 'recording_key', 'ended_at'])
    .where((eb) => eb.or([eb('sid', 'in', sids), eb('placed_sid', 'in', sids)]))
    .execute();
}
