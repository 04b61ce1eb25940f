import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { beforeEach, it } from 'node:test';

// The browser's line, with the browser made up: which openings get a socket.

registerHooks({
  resolve: (specifier, context, next) =>
    specifier.endsWith('?url')
      ? { url: 'data:text/javascript,export default "worklet.js"', shortCircuit: true }
      : next(specifier, context),
});

class MadeUpSocket extends EventTarget {
  static readonly OPEN = 1;
  static readonly all: MadeUpSocket[] = [];
  readonly readyState = 1;
  readonly path: string;
  isClosed = false;

  constructor(address: string) {
    super();
    this.path = new URL(address).pathname;
    MadeUpSocket.all.push(this);
  }

  send(): void {}

  close(): void {
    this.isClosed = true;
  }
}

class MadeUpContext {
  static open = 0;
  readonly audioWorklet = { addModule: () => Promise.resolve() };
  readonly destination = {};
  state = 'running';

  constructor() {
    MadeUpContext.open++;
  }

  close(): Promise<void> {
    MadeUpContext.open--;
    this.state = 'closed';
    return Promise.resolve();
  }
}

Object.assign(globalThis, {
  WebSocket: MadeUpSocket,
  AudioContext: MadeUpContext,
  AudioWorkletNode: class {
    readonly port = Object.assign(new EventTarget(), { start: () => undefined, postMessage: () => undefined });
    connect(): void {}
  },
  location: { protocol: 'https:', host: 'desk.test' },
});

/** Its types are of the browser. */
const PHONE = '../../console/src/live/phone.ts';
const { hangUp, openLine } = (await import(PHONE)) as {
  readonly hangUp: () => void;
  readonly openLine: (line: {
    readonly purpose: 'listen';
    readonly call: string;
    readonly access: () => Promise<{ readonly websocket_url: string }>;
  }) => Promise<void>;
};

/** A line whose server answers at a word of the test. */
function opening(call: string) {
  const reply = Promise.withResolvers<{ readonly websocket_url: string }>();
  const asked = Promise.withResolvers<void>();
  const opened = openLine({
    purpose: 'listen',
    call,
    access: () => {
      asked.resolve();
      return reply.promise;
    },
  });
  return { opened, asked: asked.promise, answer: () => reply.resolve({ websocket_url: `wss://other.test/${call}` }) };
}
const openSockets = () => MadeUpSocket.all.filter(({ isClosed }) => !isClosed).map(({ path }) => path);

beforeEach(() => {
  hangUp();
  MadeUpSocket.all.length = 0;
});

it('of two lines that are opened at once the later one is heard, whichever is answered first', async () => {
  for (const isInOrder of [true, false]) {
    const first = opening('first');
    await first.asked;
    const second = opening('second');
    await second.asked;
    const order = isInOrder ? [first, second] : [second, first];
    for (const one of order) {
      one.answer();
      await one.opened;
    }
    assert.deepEqual(openSockets(), ['/second']);
    assert.equal(MadeUpContext.open, 1);
    hangUp();
    assert.deepEqual(openSockets(), []);
    assert.equal(MadeUpContext.open, 0);
  }
});

it('a line that is hung up before the server answers stays hung up', async () => {
  const one = opening('one');
  await one.asked;
  hangUp();
  one.answer();
  await one.opened;
  assert.deepEqual(openSockets(), []);
  assert.equal(MadeUpContext.open, 0);
});
