import { z } from 'zod';
import { cloneVoice } from '#core/voices/clone-voice.ts';
import { generateSpeech, sampleFile } from '#core/voices/speech.ts';
import { GENDERS, VOICE_STATUSES, voiceIdOf, type Voice } from '#core/voices/voice.ts';
import { getVoice, listVoices } from '#core/voices/voices.ts';
import { IdText, timeInSeconds } from '../kit/codecs.ts';
import { operation, type Urls } from '../kit/operation.ts';
import { uploadedFile } from '../kit/upload.ts';
import { envelope, enveloped, pageOfWhole, WholeListQuery, wholeListReply } from './dialect.ts';

const MICROS = 1_000_000;
const LONGEST_TEXT = 5000;
/** Until an instant clone is usually ready. */
const USUAL_TRAINING_MS = 60_000;

const share = z.number().min(0).max(1);
const Settings = z.object({ stability: share.optional(), similarity_boost: share.optional() });
/** What ElevenLabs' voices are set to where nothing is said; no other vendor has them. */
const USUAL_SETTINGS = { stability: 0.5, similarity_boost: 0.75 } as const;

const VoiceReply = z.object({
  id: z.string(),
  name: z.string(),
  provider: z.string(),
  language: z.string().nullable(),
  gender: z.enum(GENDERS).nullable(),
  category: z.string(),
  description: z.string().nullable(),
  sample_url: z.string().nullable().describe('Null until the voice is ready'),
  settings: Settings,
  status: z.enum(VOICE_STATUSES),
  failure: z.string().nullable().describe('Why a cloned voice could not be made'),
  created_at: z.string(),
});

const present = (voice: Voice, urls: Urls): z.input<typeof VoiceReply> => ({
  id: voiceIdOf(voice),
  name: voice.name,
  provider: voice.provider,
  language: voice.language,
  gender: voice.gender,
  category: voice.category,
  description: voice.description,
  sample_url: voice.status === 'ready' ? (voice.sampleUrl ?? urls.speech(sampleFile(voice))) : null,
  settings: voice.provider === 'elevenlabs' ? USUAL_SETTINGS : {},
  status: voice.status,
  failure: voice.failure,
  created_at: timeInSeconds(voice.createdAt),
});

const SORTS = ['created_at', 'name', 'provider', 'language', 'gender', 'category', 'status'] as const;

export const listVoicesOperation = operation({
  method: 'GET',
  path: '/api/voice/voices',
  summary: 'List Voices, of the configured vendors, offline and cloned',
  permission: 'read',
  query: WholeListQuery.extend({
    sort: z.enum(SORTS).default('created_at'),
    provider: z.string().max(100).optional(),
    language: z.string().max(35).optional().describe('`en` also finds `en-US`'),
    gender: z.enum(GENDERS).optional(),
    category: z.string().max(100).optional(),
  }),
  reply: wholeListReply(
    z.object({
      voices: z.array(VoiceReply),
      unavailable: z
        .array(z.object({ provider: z.string(), message: z.string() }))
        .describe('Vendors that do not list their voices at present; what they offered before is listed'),
    }),
  ),
  handle: async ({ core, ctx, urls, query, requestId }) => {
    const { page, limit, sort, order, ...asked } = query;
    const filter = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
    const { voices, unavailable } = await listVoices(core, ctx, filter);
    const { rows, pagination } = pageOfWhole(voices, { page, limit, order }, (voice) =>
      sort === 'created_at' ? voice.id : voice[sort],
    );
    const data = {
      voices: rows.map((voice) => present(voice, urls)),
      unavailable: unavailable.map(({ provider, failure }) => ({ provider, message: failure })),
    };
    return { ...envelope(requestId, data), pagination };
  },
});

export const getVoiceOperation = operation({
  method: 'GET',
  path: '/api/voice/voices/:voice_id',
  summary: 'Get a voice; shows how far a cloned one is',
  permission: 'read',
  params: z.object({ voice_id: IdText }),
  reply: enveloped(VoiceReply),
  handle: async ({ core, ctx, urls, params, requestId }) =>
    envelope(requestId, present(await getVoice(core, ctx, params.voice_id), urls)),
});

export const generateSpeechOperation = operation({
  method: 'POST',
  path: '/api/voice/generate',
  summary: 'Generate Speech',
  permission: 'manage-agents',
  creates: true,
  body: z.object({
    text: z.string().trim().min(1).max(LONGEST_TEXT),
    voice_id: IdText,
    settings: Settings.default({}),
  }),
  reply: enveloped(
    z.object({
      audio_url: z.string().describe('MP3; good for 24 hours'),
      duration: z.number().describe('In seconds'),
      characters_used: z.int(),
      cost: z.number(),
    }),
  ),
  handle: async ({ core, ctx, urls, body, requestId }) => {
    const { stability, similarity_boost: similarityBoost } = body.settings;
    const speech = await generateSpeech(core, ctx, {
      voiceId: body.voice_id,
      text: body.text,
      settings: {
        ...(stability === undefined ? {} : { stability }),
        ...(similarityBoost === undefined ? {} : { similarityBoost }),
      },
    });
    return envelope(requestId, {
      audio_url: urls.speech(speech.file),
      duration: Math.round(speech.durationMs / 10) / 100,
      characters_used: speech.characters,
      cost: speech.cost / MICROS,
    });
  },
});

export const cloneVoiceOperation = operation({
  method: 'POST',
  path: '/api/voice/clone',
  summary: 'Clone Voice, from a recording of up to 25 MB; its status is at /api/voice/voices/{voice_id}',
  permission: 'manage-agents',
  creates: true,
  uploads: true,
  takesPlace: true,
  body: z.object({
    audio_file: uploadedFile,
    voice_name: z.string().trim().min(1).max(200),
    description: z.string().trim().max(500).optional(),
  }),
  reply: enveloped(
    z.object({ voice_id: z.string(), status: z.enum(VOICE_STATUSES), estimated_completion: z.string() }),
  ),
  handle: async ({ core, ctx, body, requestId }) => {
    const voice = await cloneVoice(core, ctx, {
      name: body.voice_name,
      description: body.description ?? null,
      fileName: body.audio_file.name,
      staged: body.audio_file.staged,
    });
    return envelope(requestId, {
      voice_id: voiceIdOf(voice),
      status: voice.status,
      estimated_completion: timeInSeconds(new Date(voice.createdAt.getTime() + USUAL_TRAINING_MS)),
    });
  },
});
