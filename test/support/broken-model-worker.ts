// A model's process that breaks, as the model's engine says: for tests of what follows.
import type { FromModel, ModelSpec, ToModel } from '#providers/sherpa/model-messages.ts';

const { engine } = JSON.parse(process.argv[2]!) as ModelSpec;
const mood = (engine as { mood: string }).mood;
const say = (message: FromModel) => process.send!(message);

if (mood === 'does not load') {
  console.error('some noise\nno such model');
  process.exit(7);
}
const SLOW_MS = 100;
let freeMs = 0;
process.on('message', (message: ToModel) => {
  if (message.type !== 'speak' && message.type !== 'finish') return;
  if (mood === 'dies') process.abort();
  if (mood === 'is slow') {
    // One after the other.
    freeMs = Math.max(freeMs, performance.now()) + SLOW_MS;
    setTimeout(() => say({ type: 'reply', id: message.id, text: '' }), freeMs - performance.now());
  }
  if (mood === 'grows') say({ type: 'pulse', memoryBytes: 9e9 });
  if (mood === 'answers twice' || mood === 'speaks on') {
    say({ type: 'audio', id: message.id, pcm: new Int16Array(800).fill(5000), sampleRateHz: 8000 });
    say({ type: 'reply', id: message.id, text: 'one' });
    if (mood === 'speaks on') say({ type: 'audio', id: message.id, pcm: new Int16Array(800), sampleRateHz: 8000 });
    say({ type: 'reply', id: message.id, text: 'two' });
  }
});
say({ type: 'loaded' });
setInterval(() => say({ type: 'pulse', memoryBytes: 1e6 }), 50);
