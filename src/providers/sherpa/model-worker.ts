// The process of one model. Native code may end it at any time: nothing but this model's requests depend on it.
import { createRequire } from 'node:module';
import { ListeningModel, StreamingModel, type Recogniser } from './recognisers.ts';
import { PULSE_MS, type FromModel, type ModelSpec, type ToModel } from './model-messages.ts';
import { SpeakingModel } from './speaking-model.ts';
import type { Sherpa } from './sherpa-onnx.ts';

const spec = JSON.parse(process.argv[2]!) as ModelSpec;
const say = (message: FromModel): void => void (process.connected && process.send!(message));

// The server decides when to stop, and ends this process by closing the channel.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit(0));
setInterval(() => say({ type: 'pulse', memoryBytes: process.memoryUsage.rss() }), PULSE_MS);

const sherpa = createRequire(import.meta.url)('sherpa-onnx-node') as Sherpa;
const voice = spec.does === 'speaks' ? new SpeakingModel(sherpa, spec, say) : null;
const ears: Recogniser | null =
  spec.does === 'listens'
    ? new ListeningModel(sherpa, spec, say)
    : spec.does === 'streams'
      ? new StreamingModel(sherpa, spec, say)
      : null;

process.on('message', (message: ToModel) => {
  if (message.type === 'speak') voice?.speak(message);
  else if (message.type === 'feed') ears?.feed(message.utterance, message.pcm);
  else if (message.type === 'finish') ears?.finish(message.utterance, message.id);
  else {
    if (message.id !== undefined) voice?.drop(message.id);
    if (message.utterance !== undefined) ears?.drop(message.utterance);
  }
});
say({ type: 'loaded' });
