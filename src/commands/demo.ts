import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { pino } from 'pino';
import { readConfig } from '#config/config.ts';
import { isEnded, isFailure, type Call } from '#core/calls/call.ts';
import { DEFAULT_RING_TIMEOUT_MS, placeCall } from '#core/calls/place-call.ts';
import { isPhoneNumber } from '#core/kernel/phone-number.ts';
import type { CallWatchEvent } from '#live/running-call.ts';
import { latencyOf } from '#live/latency.ts';
import { recordingFiles } from '#core/calls/recording.ts';
import { buildApp, type App } from '../app/app.ts';
import { firstUserWords } from '../app/start-report.ts';
import type { StopRequests } from '../app/stop-requests.ts';
import { renderCallPage } from '../pages/routes.ts';

const DEFAULT_NUMBER = '+15005550006';

/** Places one call on the simulator and shows it. Returns the exit code: 0 if the call succeeded. */
export async function demoCommand(
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
  stop: Pick<StopRequests, 'first'>,
): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { to: { type: 'string', default: DEFAULT_NUMBER }, out: { type: 'string' } },
  });
  if (!isPhoneNumber(values.to)) throw new Error(`--to must be + and 7 to 15 digits, such as ${DEFAULT_NUMBER}`);
  const began = performance.now();
  const progress = new ProgressLine();
  progress.show('Starting');
  const config = readConfig({ ...env, PORTS: env['PORTS'] ?? '0', LOG_LEVEL: env['LOG_LEVEL'] ?? 'error' });
  const app = await buildApp(config, { log: pino({ level: config.logLevel }) });
  try {
    progress.print(
      styleText(
        'dim',
        `Ready after ${seconds(performance.now() - began)}. Calling ${values.to} on the simulated carrier; everything you see was said and heard as audio.`,
      ),
    );
    const call = await talk(app, values.to, progress, () => stop.first.aborted);
    return await report(app, call, resolve(values.out ?? join(config.dataDir, 'demo')), progress);
  } finally {
    // A later start does not show it again.
    if (app.madeAdmin) progress.print(`\n${firstUserWords(app.madeAdmin)}`);
    progress.end();
    await app.close(0);
  }
}

async function talk(app: App, to: string, progress: ProgressLine, interrupted: () => boolean): Promise<Call> {
  const ctx = {
    organizationId: app.organization.id,
    actor: { kind: 'system', name: 'demo' },
    requestId: 'demo',
  } as const;
  let state = 'Dialling';
  let placed: Call | null = null;
  const dialledAt = performance.now();
  const early: CallWatchEvent[] = [];
  const show = (event: CallWatchEvent) => {
    if (event.type === 'status' && event.status === 'ringing') state = 'Ringing';
    else if (event.type === 'status' && event.status === 'answered') state = 'Talking';
    for (const line of linesOf(event)) progress.print(line);
  };
  const stop = app.here!.watch((event) => {
    if (!placed) early.push(event);
    else if (event.callSid === placed.sid) show(event);
  });
  placed = await placeCall(app.core, ctx, {
    agentId: null,
    to: to as never,
    from: null,
    variables: {},
    overrides: {},
    recorded: true,
    ringTimeoutMs: DEFAULT_RING_TIMEOUT_MS,
  });
  for (const event of early) if (event.callSid === placed.sid) show(event);
  for (let call: Call | null = placed; ; call = await app.core.store.calls.byId(placed.id)) {
    if (call && isEnded(call.status)) {
      stop();
      return call;
    }
    progress.show(`${state} ${seconds(performance.now() - dialledAt)}`);
    if (interrupted()) await app.live.send(placed.id, { type: 'end', reason: 'interrupted' });
    await new Promise((again) => setTimeout(again, 150));
  }
}

function linesOf(event: CallWatchEvent): string[] {
  const at = styleText('dim', seconds(event.atMs).padStart(8));
  if (event.type === 'status')
    return event.status === 'ringing' || event.status === 'answered' ? [`${at} ${styleText('dim', event.status)}`] : [];
  const { note } = event;
  if (note.kind === 'first-frame')
    return [
      `${at} ${styleText('green', 'Agent ')} ${note.text}${note.turnKind === 'first' ? styleText('dim', '  (first words on the line)') : ''}`,
    ];
  if (note.kind === 'answered-by' && note.who === 'machine')
    return [`${at} ${styleText('yellow', 'a voicemail answered; its beep is over')}`];
  if (note.kind === 'interrupted') return [`${at} ${styleText('yellow', `interrupted: heard so far "${note.heard}"`)}`];
  if (note.kind !== 'entry') return [];
  const { item } = note;
  if (item.role === 'caller')
    return [
      `${at} ${styleText('blue', 'Person')} ${item.text}${item.backchannel ? styleText('dim', ' (backchannel)') : ''}`,
    ];
  if (item.role === 'instruction') return [`${at} ${styleText('magenta', 'Told  ')} ${item.text}`];
  if (item.role === 'overheard')
    return [`${at} ${styleText('blue', item.userId === null ? 'Person' : 'Colleague')} ${item.text}`];
  if (item.role === 'tool-call')
    return [`${at} ${styleText('magenta', 'Tool  ')} ${item.name} ${JSON.stringify(item.args)}`];
  if (item.role === 'tool-result') return [`${at} ${styleText('magenta', 'Result')} ${item.output}`];
  const latency = latencyOf(item.timing);
  return [
    styleText(
      'dim',
      `         ${' '.repeat(6)} heard: "${item.text}"${latency ? `, answered after ${latency.fullCycleMs} ms` : ''}`,
    ),
  ];
}

async function report(app: App, call: Call, out: string, progress: ProgressLine): Promise<number> {
  progress.show('Making the recording');
  const entries = await app.core.store.entries.ofCall(call.conversationId);
  const made = call.recordingKey === null ? null : recordingFiles(call.recordingKey);
  const wav = made && (await untilReadable(app, made.wav));
  // The waveform file appears shortly after the audio file.
  if (made) await untilReadable(app, made.peaks);
  mkdirSync(out, { recursive: true });
  const lines = [
    '',
    `Outcome: ${styleText(isEnded(call.status) && isFailure(call.status) ? 'red' : 'green', call.status)}${call.failureReason ? ` (${call.failureReason})` : ` (${call.endReason ?? ''})`}`,
  ];
  const turns = entries.filter((entry) => entry.detail['latency'] !== undefined);
  if (turns.length > 0)
    lines.push(
      '',
      'From the last word to the answer, ms:',
      ...turns.map((entry) => waterfall(entry.text, entry.detail['latency'] as Waterfall)),
    );
  if (wav) {
    const file = join(out, `${call.sid}.wav`);
    writeFileSync(file, wav);
    lines.push('', `Recording: ${file}`);
  }
  const page = join(out, `${call.sid}.html`);
  writeFileSync(
    page,
    await renderCallPage(app, call, {
      wav: wav ? `data:audio/wav;base64,${Buffer.from(wav).toString('base64')}` : '',
      mp3: null,
    }),
  );
  lines.push(`Page:      ${page}`);
  for (const line of lines) progress.print(line);
  return isEnded(call.status) && isFailure(call.status) ? 1 : 0;
}

interface Waterfall {
  readonly speechToTextMs: number;
  readonly languageModelMs: number;
  readonly textToSpeechMs: number;
  readonly firstAudioMs: number;
  readonly fullCycleMs: number;
}

function waterfall(text: string, latency: Waterfall): string {
  const bar = (ms: number, char: string) => char.repeat(Math.max(ms > 0 ? 1 : 0, Math.round(ms / 25)));
  const bars =
    bar(latency.speechToTextMs, '░') +
    bar(latency.languageModelMs, '▒') +
    bar(latency.textToSpeechMs, '▓') +
    bar(latency.firstAudioMs, '█');
  return `${String(latency.fullCycleMs).padStart(6)}  ${bars.padEnd(30)} listen ${latency.speechToTextMs}, think ${latency.languageModelMs}, speak ${latency.textToSpeechMs}, send ${latency.firstAudioMs}  ${styleText('dim', text.slice(0, 40))}`;
}

const RENDER_LIMIT_MS = 20_000;

async function untilReadable(app: App, key: string): Promise<Uint8Array | null> {
  for (
    const until = Date.now() + RENDER_LIMIT_MS;
    Date.now() < until;
    await new Promise((again) => setTimeout(again, 100))
  ) {
    const file = await app.files.read(key);
    if (!file) continue;
    const chunks: Uint8Array[] = [];
    for await (const chunk of file.stream()) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
  return null;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** A status line at the bottom of the terminal; without a terminal prints each state once. */
class ProgressLine {
  readonly #live = process.stdout.isTTY;
  #shown = '';

  show(text: string): void {
    if (this.#live) {
      process.stdout.write(`\r\x1b[K${styleText('dim', `… ${text}`)}`);
      this.#shown = text;
      return;
    }
    const state = text.replace(/ [\d.]+ s$/, '');
    if (state !== this.#shown) process.stdout.write(`… ${state}\n`);
    this.#shown = state;
  }

  print(line: string): void {
    if (this.#live && this.#shown !== '') process.stdout.write('\r\x1b[K');
    process.stdout.write(`${line}\n`);
  }

  end(): void {
    if (this.#live) process.stdout.write('\r\x1b[K');
  }
}
