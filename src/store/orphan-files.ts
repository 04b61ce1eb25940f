import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

const DOCUMENT = /^knowledge\/org_\d+\/[\w-]+\.\w+$/;
const VOICE = /^voices\/org_\d+\/[\w-]+\.audio$/;
const IMPORT = /^imports\/org_\d+\/[\w-]+\.csv$/;
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
  const imports = keys.filter((key) => IMPORT.test(key));
  const recordings = keys.flatMap((key) => {
    const sid = RECORDING.exec(key)?.[1];
    return sid === undefined ? [] : [{ key, sid }];
  });
  const named = documents.length === 0 ? [] : await documentsWith(db, documents);
  const sources = voices.length === 0 ? [] : await voicesOf(db, voices);
  const lists = imports.length === 0 ? [] : await openImportsOf(db, imports);
  const calls = recordings.length === 0 ? [] : await callsOf(db, [...new Set(recordings.map(({ sid }) => sid))]);
  const keptSids = new Set(
    calls.flatMap(({ sid, placed_sid, recording_key, ended_at }) => [
      RECORDING.exec(recording_key ?? '')?.[1],
      ...(ended_at === null || ended_at > endedBefore ? [sid, placed_sid] : []),
    ]),
  );
  const keptFiles = new Set([...named, ...sources, ...lists]);
  return [
    ...[...documents, ...voices, ...imports].filter((key) => !keptFiles.has(key)),
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

/** A server that dies between the end of an import and the deletion of its file leaves the file behind. */
async function openImportsOf(db: Kysely<Database>, keys: readonly string[]): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('lead_imports')
    .select('file_key')
    .where((eb) => eb.or([eb('status', '=', 'processing'), eb('released', '=', false)]))
    .where('file_key', 'in', keys)
    .execute();
  return rows.flatMap((row) => row.file_key ?? []);
}

function callsOf(db: Kysely<Database>, sids: readonly string[]) {
  return db
    .selectFrom('calls')
    .select(['sid', 'placed_sid', 'recording_key', 'ended_at'])
    .where((eb) => eb.or([eb('sid', 'in', sids), eb('placed_sid', 'in', sids)]))
    .execute();
}
