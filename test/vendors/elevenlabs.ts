import { encodeMulaw } from '#engine/audio/mulaw.ts';
import { failsOnSocket, SLOW_MS, spoken, type FakeVendor } from './faults.ts';
import { pour, startVendor } from './http-vendor.ts';
import { elevenLabsRefusal } from './refusals.ts';

const labelsIn = (text: string | undefined) => JSON.parse(text ?? '{}') as Record<string, string>;

/** What no voice of a library is. */
const nonsense = [
  null,
  7,
  { voice_id: 8, name: 'Number' },
  { voice_id: 'no-name' },
  { voice_id: 'x'.repeat(5000), name: 'Endless' },
  { voice_id: 'odd', name: 'Odd \0 \ud83d', labels: { gender: 7, language: {} }, category: [], description: 9 },
];

/** Speaks tones over stream-input; has a library to which voices can be added. */
export function fakeElevenLabs(): Promise<FakeVendor> {
  const voices: { voice_id: string; name: string; category: string; labels: Record<string, string> }[] = [
    { voice_id: '21m00Tcm4TlvDq8ikWAM', name: 'Rachel', category: 'premade', labels: { gender: 'female' } },
  ];
  return startVendor({
    http: ({ path, body, request }, reply, fault) => {
      if (path === '/v1/voices') {
        if (fault === 'garbage') return void reply.end(JSON.stringify({ voices: [...voices, ...nonsense] }));
        return void reply.end(JSON.stringify({ voices }));
      }
      if (path !== '/v1/voices/add' || request.method !== 'POST') return void reply.writeHead(404).end();
      const field = (of: string) => new RegExp(`name="${of}"\r\n\r\n([^\r]+)`).exec(body.toString('latin1'))?.[1];
      const [name, labels] = [field('name'), field('labels')];
      if (name === undefined || !body.toString('latin1').includes('name="files"; filename='))
        return void reply.writeHead(422).end('{"detail":"files are missing"}');
      voices.push({
        voice_id: `cloned${String(voices.length).padStart(14, '0')}`,
        name,
        category: 'cloned',
        labels: labelsIn(labels),
      });
      const made = JSON.stringify({ voice_id: voices.at(-1)!.voice_id, requires_verification: false });
      pour(reply, [made.slice(0, 20), made.slice(20)], fault);
    },
    socket: (socket, { path, query }, vendor) => {
      const refuse = (refusal: string | null) => {
        if (refusal !== null) vendor.refused.push(refusal);
        return refusal !== null;
      };
      if (refuse(elevenLabsRefusal(path, query, [])) || query.get('output_format') !== 'ulaw_8000')
        return socket.close(1008);
      let text = '';
      const texts: unknown[] = [];
      socket.on('message', (data: Buffer) => {
        if (failsOnSocket(vendor.fault, socket)) return;
        const message = JSON.parse(data.toString()) as { text: string };
        texts.push(message.text);
        if (refuse(elevenLabsRefusal(path, query, texts))) return socket.close(1008);
        text += message.text;
        if (message.text !== '') return;
        const audio = encodeMulaw(spoken(text.trim(), 8000));
        const pieces = Array.from({ length: Math.ceil(audio.length / 1600) }, (_, i) =>
          JSON.stringify({
            audio: Buffer.from(audio.slice(i * 1600, (i + 1) * 1600)).toString('base64'),
            isFinal: null,
            alignment: null,
          }),
        );
        const send = () => {
          for (const piece of vendor.fault === 'dies-midway' ? pieces.slice(0, 2) : pieces) socket.send(piece);
          if (vendor.fault === 'dies-midway') return socket.terminate();
          socket.send('{"audio":null,"isFinal":true}');
          socket.close();
        };
        if (vendor.fault === 'slow') setTimeout(send, SLOW_MS);
        else send();
      });
    },
  });
}
