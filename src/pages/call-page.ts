import { isEnded, isFailure, durationMs, type Call } from '#core/calls/call.ts';
import { endingWords } from '#core/calls/end-reasons.ts';
import type { CallEntry } from '#core/conversations/entry.ts';

export interface CallPageData {
  readonly call: Call;
  readonly agentName: string;
  readonly entries: readonly CallEntry[];
  /** Where the recording can be had, or the recording itself as a data address; null where there is none. */
  readonly audio: string | null;
  readonly mp3: string | null;
  /** Loudest sample of each channel (caller, agent) every 20 ms, 0 to 100. */
  readonly peaks: readonly (readonly [number, number])[] | null;
  /** Milliseconds of the call's clock before the recording begins. */
  readonly recordingOffsetMs: number;
  readonly now: Date;
}

const WORDS: Record<Call['status'], string> = {
  placed: 'Being placed',
  ringing: 'Ringing',
  answered: 'Running',
  completed: 'Completed',
  voicemail: 'Left on a voicemail',
  'no-answer': 'No answer',
  busy: 'Busy',
  canceled: 'Canceled',
  refused: 'Refused',
  broken: 'Broken off',
};

const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

/** JSON that may stand inside a script element. */
const inScript = (value: unknown): string =>
  JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/\u2028|\u2029/g, '');

const clock = (ms: number): string =>
  `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}.${Math.floor((ms % 1000) / 100)}`;

function recordingWords(call: Call): string {
  if (call.recordingFailure !== null)
    return `This call is not recorded${call.recordingKey === null ? '' : ' to its end'}: ${call.recordingFailure}.`;
  if (!call.recorded) return 'This call was not recorded.';
  return isEnded(call.status) && call.recordingKey === null
    ? 'There is no recording of this call.'
    : 'The recording is made when the call has ended.';
}

/** A self-contained page of a call: player, waveform, transcript synchronized with the audio, latency. */
export function callPage(data: CallPageData): string {
  const { call, entries } = data;
  const title = `Call ${call.sid}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
<main>
<header>
<h1>${escape(call.to ?? call.from ?? 'Web call')} <span class="status ${isEnded(call.status) && isFailure(call.status) ? 'bad' : 'good'}">${WORDS[call.status]}</span></h1>
<p class="muted">${escape(data.agentName)} · ${escape(call.direction)} by ${escape(call.carrier)} · ${call.placedAt.toISOString().replace('T', ' ').slice(0, 19)} UTC · ${clock(durationMs(call, data.now))}</p>
${verdict(call)}
<p class="muted">${states(call)}</p>
</header>
${data.audio === null ? `<p class="muted">${escape(recordingWords(call))}</p>` : player(data)}
<section aria-label="Transcript"><h2>Conversation</h2>
<ol id="entries">${entries.map(entryHtml).join('\n')}</ol>${entries.length === 0 ? `<p class="muted">${call.transcriptDeletedAt === null ? 'Nothing was said.' : 'What was said has been deleted.'}</p>` : ''}</section>
${waterfalls(entries)}
<footer class="muted">Listened: ${escape(call.spokenBy['speech_to_text'] ?? '-')} · thought: ${escape(call.spokenBy['language_model'] ?? '-')} · spoke: ${escape(call.spokenBy['text_to_speech'] ?? '-')} · voice activity: ${escape(call.spokenBy['voice_activity'] ?? '-')}<br>${title}</footer>
</main>
<script>const peaks=${inScript(data.peaks ?? [])}, offset=${data.recordingOffsetMs};
${data.audio === null ? '' : SCRIPT}</script>
</html>
`;
}

function verdict(call: Call): string {
  if (!isEnded(call.status)) return '';
  const words = escape(endingWords(call) ?? 'It ended: no reason given.');
  return call.failureReason === null
    ? `<p class="verdict">${words}</p>`
    : `<p class="verdict bad"><b>Why it failed:</b> ${words}</p>`;
}

/** The stages of the call, and how long after placing it each was reached. */
function states(call: Call): string {
  const since = (at: Date) => `after ${clock(at.getTime() - call.placedAt.getTime())}`;
  const steps = [
    `placed`,
    ...(call.answeredAt ? [`answered ${since(call.answeredAt)}`] : []),
    ...(call.endedAt ? [`ended ${since(call.endedAt)}`] : [`now ${call.phase.toLowerCase()}`]),
  ];
  return steps.join(' → ');
}

function player(data: CallPageData): string {
  return `<section aria-label="Recording"><audio id="audio" controls preload="metadata" src="${escape(data.audio!)}"></audio>
<canvas id="wave" height="140" role="img" aria-label="Waveform: the caller above, the agent below"></canvas>
<p class="legend muted"><span class="dot caller"></span> caller <span class="dot agent"></span> agent, as the caller heard it · <a href="${escape(data.audio!)}" download="${data.call.sid}.wav">WAV</a>${data.mp3 === null ? '' : ` <a href="${escape(data.mp3)}" download="${data.call.sid}.mp3">MP3</a>`}</p></section>`;
}

function entryHtml(entry: CallEntry): string {
  const { detail } = entry;
  const badges = [
    detail['interrupted'] === true ? 'interrupted' : '',
    detail['backchannel'] === true ? 'backchannel' : '',
    detail['estimated'] === true ? 'timed by the clock' : '',
    typeof detail['kind'] === 'string' && detail['kind'] !== 'reply' ? detail['kind'] : '',
    typeof detail['phase'] === 'string' ? detail['phase'].toLowerCase() : '',
    ...(Array.isArray(detail['sources'])
      ? (detail['sources'] as { document: string; heading: string | null }[]).map(
          (one) => `from ${one.document}${one.heading === null ? '' : `, ${one.heading}`}`,
        )
      : []),
  ].filter(Boolean);
  const text = entry.role === 'tool-call' ? `${entry.text} ${JSON.stringify(detail['args'] ?? {})}` : entry.text;
  const unheard =
    detail['interrupted'] === true && typeof detail['intended'] === 'string'
      ? `<span class="unheard" title="never heard">${escape(rest(entry.text, detail['intended']))}</span>`
      : '';
  return `<li class="${entry.role}" data-from="${entry.startMs}" data-to="${entry.endMs}"><button type="button" class="at">${clock(entry.startMs)}</button><b>${NAMES[entry.role]}</b> <span class="text">${escape(text)} ${unheard}</span>${badges.map((badge) => `<i>${escape(badge)}</i>`).join('')}</li>`;
}

const NAMES: Record<CallEntry['role'], string> = {
  agent: 'Agent',
  caller: 'Caller',
  'tool-call': 'Tool',
  'tool-result': 'Result',
  instruction: 'Instruction',
};

const rest = (heard: string, intended: string): string =>
  intended.startsWith(heard) ? intended.slice(heard.length).trim() : intended;

interface Latency {
  readonly speechToTextMs: number;
  readonly languageModelMs: number;
  readonly textToSpeechMs: number;
  readonly firstAudioMs: number;
  readonly fullCycleMs: number;
}

const STAGES = [
  ['speechToTextMs', 'listening and end of turn'],
  ['languageModelMs', 'language model'],
  ['textToSpeechMs', 'speech'],
  ['firstAudioMs', 'first frame out'],
] as const;

function waterfalls(entries: readonly CallEntry[]): string {
  const turns = entries.flatMap((entry) =>
    entry.role === 'agent' && entry.detail['latency'] ? [{ entry, latency: entry.detail['latency'] as Latency }] : [],
  );
  if (turns.length === 0) return '';
  const longest = Math.max(...turns.map(({ latency }) => latency.fullCycleMs), 1);
  const rows = turns.map(
    ({ entry, latency }) =>
      `<tr><th scope="row">${clock(entry.startMs)}</th><td><div class="bar">${STAGES.map(([key, label]) => `<span class="${key}" style="width:${((latency[key] / longest) * 100).toFixed(2)}%" title="${label}: ${latency[key]} ms"></span>`).join('')}</div></td><td class="number">${latency.fullCycleMs} ms</td></tr>`,
  );
  return `<section aria-label="Latency"><h2>From the last word to the answer</h2><table>${rows.join('\n')}</table>
<p class="legend muted">${STAGES.map(([key, label]) => `<span class="dot ${key}"></span> ${label}`).join(' ')}</p></section>`;
}

const STYLE = `:root{color-scheme:light dark;--bg:#fbfbfa;--fg:#1c1c1a;--muted:#6b6b66;--line:#e3e2dd;--caller:#2a6fdb;--agent:#12805c;--bad:#b3261e;--a:#8a94a6;--b:#b07aa1;--c:#e0a030;--d:#4e9f8f}
@media(prefers-color-scheme:dark){:root{--bg:#161615;--fg:#eceae4;--muted:#9a978f;--line:#33322f;--caller:#7aa9f7;--agent:#59c29a;--bad:#f2847c}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}main{max-width:860px;margin:0 auto;padding:24px 16px}
h1{font-size:1.5rem;margin:0}h2{font-size:1.05rem;margin:28px 0 8px}.muted{color:var(--muted);font-size:.875rem}.status{font-size:.8rem;padding:2px 10px;border-radius:12px;border:1px solid var(--line);vertical-align:middle}.status.bad,.verdict.bad b{color:var(--bad)}.status.good{color:var(--agent)}
audio,canvas{width:100%;display:block}canvas{margin-top:8px;cursor:pointer}ol{list-style:none;margin:0;padding:0}li{display:flex;gap:10px;align-items:baseline;padding:6px 8px;border-radius:6px}li.now{background:color-mix(in srgb,var(--agent) 14%,transparent)}li b{flex:0 0 4.2em}li.caller b{color:var(--caller)}li.agent b{color:var(--agent)}li.tool-call,li.tool-result{color:var(--muted);font-size:.9rem}
li .text{flex:1;overflow-wrap:anywhere}li i{font-size:.75rem;border:1px solid var(--line);border-radius:10px;padding:0 8px;color:var(--muted);font-style:normal}.unheard{text-decoration:line-through;color:var(--muted)}.at{font:inherit;font-size:.8rem;color:var(--muted);background:none;border:0;padding:0;cursor:pointer;font-variant-numeric:tabular-nums}
table{width:100%;border-collapse:collapse}th{font-weight:400;color:var(--muted);font-size:.8rem;text-align:left;width:4em}.number{text-align:right;width:6em;font-variant-numeric:tabular-nums}.bar{display:flex;height:16px;border-radius:4px;overflow:hidden}.bar span{display:block}.speechToTextMs{background:var(--a)}.languageModelMs{background:var(--b)}.textToSpeechMs{background:var(--c)}.firstAudioMs{background:var(--d)}
.dot{display:inline-block;width:10px;height:10px;border-radius:5px;margin-left:10px}.dot.caller{background:var(--caller)}.dot.agent{background:var(--agent)}footer{margin-top:32px;border-top:1px solid var(--line);padding-top:12px}`;

const SCRIPT = `const audio=document.getElementById('audio'),wave=document.getElementById('wave'),items=[...document.querySelectorAll('#entries li')];
function draw(){const ratio=devicePixelRatio||1,w=wave.width=wave.clientWidth*ratio,h=wave.height=140*ratio,g=wave.getContext('2d'),css=getComputedStyle(document.documentElement),total=Math.max(peaks.length,1),mid=h/2,at=audio.currentTime*50;
g.clearRect(0,0,w,h);for(let x=0;x<w;x++){const from=Math.floor(x/w*total),to=Math.max(from+1,Math.floor((x+1)/w*total));let c=0,a=0;for(let i=from;i<to&&i<peaks.length;i++){c=Math.max(c,peaks[i][0]);a=Math.max(a,peaks[i][1])}
g.globalAlpha=from<=at?1:.45;g.fillStyle=css.getPropertyValue('--caller');g.fillRect(x,mid-c/100*mid,1,c/100*mid);g.fillStyle=css.getPropertyValue('--agent');g.fillRect(x,mid,1,a/100*mid)}
g.globalAlpha=1;g.fillStyle=css.getPropertyValue('--fg');g.fillRect(at/total*w,0,ratio,h)}
function step(){const ms=audio.currentTime*1000+offset;for(const item of items)item.classList.toggle('now',ms>=+item.dataset.from&&ms<=Math.max(+item.dataset.to,+item.dataset.from+400));draw();if(!audio.paused)requestAnimationFrame(step)}
audio.addEventListener('play',step);audio.addEventListener('seeked',step);addEventListener('resize',draw);draw();
wave.addEventListener('click',e=>{audio.currentTime=e.offsetX/wave.clientWidth*peaks.length/50});
for(const item of items)item.querySelector('.at').addEventListener('click',()=>{audio.currentTime=Math.max(0,(+item.dataset.from-offset)/1000);audio.play()});`;
