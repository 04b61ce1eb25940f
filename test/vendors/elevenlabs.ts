import { encodeMulaw } from '#engine/audio/mulaw.ts';
import { failsOnSocket, SLOW_MS, spoken, type FakeVendor } from './faults.ts';
import { startVendor } from './http-vendor.ts';
import { elevenLabsRefusal } from './refusals.ts';

const labelsIn = (text: string | undefined) => JSON.parse(text ?? '{}') as Record<string, string>;

/** Speaks tones over stream-input; has a library to which voices can be added. */
export function fakeElevenLabs(): Promise<FakeVendor> {
  const voices: { voice_id: string; name: string; category: string; labels: Record<string, string> }[] = [
    { voice_id: '21m00Tcm4TlvDq8ikWAM', name: 'Rachel', category: 'premade', labels: { gender: 'female' } },
  ];
  return startVendor({
    http: ({ path, body, request }, reply) => {
      if (path === '/v1/voices') return void reply.end(JSON.stringify({ voices }));
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
      reply.end(JSON.stringify({ voice_id: voices.at(-1)!.voice_id, requires_verification: false }));
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
