import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import { failsOnSocket, isLoud, SLOW_MS, spoken, type FakeVendor } from './faults.ts';
import { deepgramRefusal } from './refusals.ts';
import { pour, startVendor } from './http-vendor.ts';

/** Hears these texts one after another, a word for each 300 ms of sound; speaks tones. */
export function fakeDeepgram(texts: readonly string[] = []): Promise<FakeVendor> {
  let heard = 0;
  return startVendor({
    refuses: ({ path, query, body }) =>
      path === '/v1/speak'
        ? deepgramRefusal(path, query, (JSON.parse(body.toString()) as { text?: string }).text)
        : null,
    http: ({ path, query, body }, reply, fault) => {
      if (path !== '/v1/speak' || query.get('encoding') !== 'mulaw') return void reply.writeHead(404).end();
      if (fault === 'garbage') return void reply.writeHead(200).end();
      const { text } = JSON.parse(body.toString()) as { text: string };
      const audio = encodeMulaw(spoken(text, 8000));
      pour(
        reply.writeHead(200, { 'content-type': 'audio/mulaw' }),
        Array.from({ length: Math.ceil(audio.length / 800) }, (_, i) => audio.slice(i * 800, (i + 1) * 800)),
        fault,
      );
    },
    socket: (socket, { path, query }, vendor) => {
      const refusal = deepgramRefusal(path, query);
      if (refusal !== null) vendor.refused.push(refusal);
      if (refusal !== null || query.get('encoding') !== 'mulaw') return socket.close(1008, 'DATA-0000');
      let loud = 0;
      let told = 0;
      const result = (text: string, final: boolean, finalize: boolean) =>
        JSON.stringify({
          type: 'Results',
          channel_index: [0, 1],
          duration: 1,
          start: 0,
          is_final: final,
          speech_final: final,
          ...(finalize ? { from_finalize: true } : {}),
          channel: { alternatives: [{ transcript: text, confidence: 0.98, words: [] }] },
        });
      socket.on('message', (data: Buffer, isBinary) => {
        if (failsOnSocket(vendor.fault, socket)) return;
        if (isBinary) {
          if (!isLoud(decodeMulaw(data))) return;
          loud++;
          if (vendor.fault === 'dies-midway' && loud > 20) return socket.terminate();
          const words = texts[heard]?.split(' ') ?? [];
          const known = Math.min(words.length, Math.floor(loud / 15));
          if (known > told) socket.send(result(words.slice(0, (told = known)).join(' '), false, false));
          return;
        }
        if ((JSON.parse(data.toString()) as { type: string }).type === 'CloseStream') return socket.close();
        const text = loud > 0 ? (texts[heard++] ?? '') : '';
        [loud, told] = [0, 0];
        const send = () => {
          // The words come in two pieces, as they do.
          const words = text.split(' ');
          if (words.length > 1) socket.send(result(words.slice(0, -1).join(' '), true, false));
          socket.send(result(words.at(-1) ?? '', true, true));
        };
        if (vendor.fault === 'slow') setTimeout(send, SLOW_MS);
        else send();
      });
      socket.send('{"type":"Metadata","request_id":"r"}');
    },
  });
}
