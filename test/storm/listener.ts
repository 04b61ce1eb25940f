// A caller on a web call whose agent talks without a pause; counts how often there was nothing to play.
import { WebSocket } from 'ws';

const [url, key] = process.argv.slice(2) as [string, string];
const FRAME_MS = 20;
const BUFFER_MS = 60;
const SILENCE = Buffer.alloc(160, 0xff).toString('base64');
const SENTENCE = 'This is one sentence of a very long message that goes on and on. ';
/** As long as a message may be: some five minutes of speech. */
const MONOLOGUE = SENTENCE.repeat(Math.floor(5000 / SENTENCE.length));

const heard = { frames: 0, gaps: 0, longestGapMs: 0 };
let agentId = '';

async function api(path: string, body: object): Promise<Record<string, string>> {
  for (;;) {
    const reply = await fetch(url + path, {
      method: 'POST',
      headers: { 'xi-api-key': key },
      body: JSON.stringify(body),
    });
    if (reply.ok) return (await reply.json()) as Record<string, string>;
    // The storm may have taken every call there is.
    await new Promise((again) => setTimeout(again, 500));
  }
}

async function call(): Promise<void> {
  const { websocket_url: address } = await api('/v1/convai/web-calls', { agent_id: agentId });
  const socket = new WebSocket(address!);
  /** When everything that came so far has been played. */
  let playedOut = 0;
  let frames = 0;
  const beat = setInterval(
    () =>
      socket.readyState === WebSocket.OPEN &&
      socket.send(JSON.stringify({ event: 'media', media: { payload: SILENCE } })),
    FRAME_MS,
  );
  socket.on('message', (data: Buffer) => {
    if (!data.includes('"media"')) return;
    const now = performance.now();
    if (frames === 0) playedOut = now + BUFFER_MS;
    const gapMs = Math.round(now - playedOut);
    if (gapMs > 0) {
      heard.gaps++;
      heard.longestGapMs = Math.max(heard.longestGapMs, gapMs);
      playedOut = now + BUFFER_MS;
    }
    playedOut += FRAME_MS;
    heard.frames++;
    frames++;
    if (frames === 1) process.send!({ type: 'hearing', heard });
    // The next caller comes before this agent is done.
    if (frames * FRAME_MS > 200_000) socket.close(1000);
  });
  await new Promise((closed) => socket.on('close', closed));
  clearInterval(beat);
}

process.on('message', () => {
  process.send!({ type: 'heard', heard }, () => process.exit(0));
});
process.on('disconnect', () => process.exit(0));

agentId = (await api('/v1/convai/agents', { name: 'Monologue', first_message: MONOLOGUE, interrupt_enabled: false }))[
  'agent_id'
]!;
for (;;) await call();
