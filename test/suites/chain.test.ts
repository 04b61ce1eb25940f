import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeOfflineProviders, type OfflineProviders } from '#providers/offline/offline.ts';
import { speak as synthesize } from '../contract/text-to-speech.ts';
import { SocketCaller } from '../support/caller.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';
import type { FakeVendor } from '../vendors/faults.ts';
import { startVendor } from '../vendors/http-vendor.ts';

type Json = Record<string, unknown>;

interface AskedModel {
  readonly model: string;
  readonly system: string;
  readonly said: string;
  readonly temperature: number | undefined;
  readonly maxTokens: number | undefined;
}

// An agent that thinks with others, over a fake of a large model: each has a model of its own.

describe('a chain of agents over a large model', { concurrency: 1 }, () => {
  let server: TestServer;
  let vendor: FakeVendor;
  let offline: OfflineProviders;
  const asked: AskedModel[] = [];
  /** Models that take a request and never answer it. */
  const hanging = new Set<string>();
  const agents: Record<string, string> = {};
  let slow = false;
  let goOn = Promise.withResolvers<void>();

  const answers: Readonly<Record<string, (asked: AskedModel) => string>> = {
    'reads:1': () => '{"intent":"price","entities":{}}',
    'recalls:1': ({ said }) =>
      said.includes('JSON')
        ? 'Here it is: {"summary": "Talked about prices.", "topics": ["prices"], "preferences": {"name": "Zoe", "wants": "a discount"}}'
        : 'They asked for a discount before.',
    'talks:1': ({ system }) =>
      `I know ${system.includes('"intent":"price"') ? 'what you want' : 'nothing'}${system.includes('asked for a discount') ? ' and who you are' : ''}. It is 10% off.`,
    'streams:1': () => 'No idea. And a lot more to say about it.',
    'phrases:1': ({ said }) => said.replace('10% off', 'ten percent off'),
  };

  before(async () => {
    offline = makeOfflineProviders(1);
    vendor = await startVendor({
      http: ({ path, body }, reply) => {
        if (path !== '/v1/chat/completions') return void reply.writeHead(404).end();
        const json = JSON.parse(body.toString()) as {
          model: string;
          messages: { role: string; content: string }[];
          temperature?: number;
          max_tokens?: number;
        };
        const request: AskedModel = {
          model: json.model,
          system: json.messages[0]!.content,
          said: json.messages.at(-1)!.content,
          temperature: json.temperature,
          maxTokens: json.max_tokens,
        };
        asked.push(request);
        if (hanging.has(json.model)) return;
        const chunk = (delta: object, finish: string | null = null) =>
          `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: json.model, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
        reply.writeHead(200, { 'content-type': 'text/event-stream' });
        const text = answers[json.model]?.(request) ?? 'No idea.';
        const pieces = [
          ...(text.match(/.{1,8}/gs) ?? []).map((content) => chunk({ content })),
          chunk({}, 'stop'),
          'data: [DONE]\n\n',
        ];
        if (!slow) return void reply.end(pieces.join(''));
        const [first, ...rest] = pieces;
        reply.write(first);
        // The rest comes when the test releases it.
        void goOn.promise.then(() => reply.end(rest.join('')));
      },
    });
    server = await startServer({ OLLAMA_BASE_URL: vendor.url, SIMULATOR_SPEED: '1' }, { knowsOwnVoice: false });
    const make = async (type: string, model: string, configuration: Json = {}) => {
      const { status, body } = await server.request('POST', '/agents/create', {
        agent_type: type,
        name: `${type} helper`,
        configuration: { model, ...configuration },
      });
      assert.equal(status, 200, JSON.stringify(body));
      return String((body['agent'] as Json)['id']);
    };
    agents['input'] = await make('input', 'reads:1', { temperature: 0 });
    agents['memory'] = await make('memory', 'recalls:1');
    agents['output'] = await make('output', 'phrases:1');
    agents['talk'] = await make('conversation', 'talks:1', {
      system_prompt: 'You are Ada. Callers say "what does it cost".',
      first_message: 'Hello.',
      temperature: 0.4,
      max_tokens: 77,
      chain: [agents['input'], agents['memory'], agents['output']],
    });
  });
  after(async () => {
    await offline.close();
    await server.close();
    await vendor.close();
    assert.deepEqual(
      server.trouble.filter((line) => !/left out of a turn/.test(line)),
      [],
    );
  });
  const write = async (message: string, user: string) =>
    ((
      await server.request('POST', `/agents/${agents['talk']!}/message`, {
        message,
        context: { user_id: user, conversation_id: user },
      })
    ).body['response'] ?? {}) as Json;

  it('runs as it is configured: each with its own prompt and model, what they say known to who talks', async () => {
    asked.length = 0;
    const response = await write('What does it cost?', 'chained');
    assert.equal(response['message'], 'I know what you want and who you are. It is ten percent off.');
    assert.equal(response['model'], 'talks:1');
    const of = (model: string) => asked.filter((one) => one.model === model);
    assert.deepEqual(
      [
        of('reads:1').length,
        of('recalls:1').filter((one) => !one.said.includes('JSON')).length,
        of('talks:1').length,
        of('phrases:1').length,
      ],
      [1, 1, 1, 2],
    );
    assert.match(of('reads:1')[0]!.system, /"intent"/);
    assert.equal(of('reads:1')[0]!.said, 'What does it cost?');
    assert.deepEqual(
      [of('reads:1')[0]!.temperature, of('talks:1')[0]!.temperature, of('talks:1')[0]!.maxTokens],
      [0, 0.4, 77],
    );
    assert.doesNotMatch(of('talks:1')[0]!.system, /telephone/, 'it is not spoken');
    assert.deepEqual(
      of('phrases:1').map((one) => one.said),
      ['I know what you want and who you are.', 'It is 10% off.'],
    );
  });

  it('what its memory agent makes of the talk is remembered', async () => {
    await write('I would like a discount, please', 'learner');
    const memory = await until('what was learnt', 15_000, async () => {
      const context = (await server.request('GET', '/memory/learner/context')).body['context'] as {
        preferences: Json;
        recent_conversations: Json[];
      };
      return context.preferences['name'] === 'Zoe' ? context : null;
    });
    assert.deepEqual(
      [memory.preferences['wants'], memory.recent_conversations[0]!['summary']],
      ['a discount', 'Talked about prices.'],
    );
    // And known in the next prompt.
    asked.length = 0;
    await write('Hello again', 'learner');
    assert.match(asked.find((one) => one.model === 'talks:1')!.system, /Name: Zoe[\s\S]*Talked before/);
  });

  it('one slow link does not silence a call', async () => {
    hanging.add('recalls:1').add('phrases:1');
    const { body } = await accepted(() => server.request('POST', '/v1/convai/web-calls', { agent_id: agents['talk'] }));
    const sid = String(body['call_sid']);
    const caller = new SocketCaller(String(body['websocket_url']));
    const heard = async () =>
      (await server.database(
        `select e.role, e.text from entries e join conversations v on v.id = e.conversation_id
         join calls c on c.id = v.call_id where c.sid = '${sid}' order by e.seq`,
      )) as { role: string; text: string }[];
    await until('the first message', 20_000, async () => (await heard()).length > 0);
    asked.length = 0;
    caller.speak((await synthesize(offline.textToSpeech[0]!, 'what does it cost', 'offline-martin')).pcm);
    const answer = await until(
      'the answer',
      20_000,
      async () => (await heard()).find((one) => one.role === 'agent' && /percent|%/.test(one.text)) ?? null,
    );
    assert.match(answer.text, /I know what you want\. It is 10% off\./);
    assert.ok(
      server.trouble.some((line) => line.includes('no answer within 600 ms')),
      'and it is said who was late',
    );
    assert.match(asked.find((one) => one.model === 'talks:1')!.system, /telephone/);
    // What really spoke stands on the call.
    assert.match(JSON.stringify(await server.database(`select spoken_by from calls where sid = '${sid}'`)), /ollama/);
    await server.request('POST', `/v1/convai/calls/${sid}/end`);
    await server.untilEnded(sid);
    hanging.clear();
  });

  it('stores the delivered part of a streamed answer when the client stops reading', async () => {
    const { body } = await server.request('POST', '/agents/create', {
      name: 'Streams',
      configuration: { model: 'streams:1' },
    });
    const agent = String((body['agent'] as Json)['id']);
    slow = true;
    const gone = new AbortController();
    const reply = await fetch(`${server.url}/agents/${agent}/message`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.key}` },
      body: JSON.stringify({
        message: 'Hello',
        context: { user_id: 'leaver', conversation_id: 'left' },
        options: { stream: true },
      }),
      signal: gone.signal,
    });
    const reader = reply.body!.getReader();
    assert.match(new TextDecoder().decode((await reader.read()).value), /event: delta\ndata: {"content":"No idea."}/);
    gone.abort();
    await reader.cancel().catch(() => undefined);
    const kept = await until(
      'what was delivered',
      10_000,
      async () =>
        (
          await server.database(
            "select m.text, m.detail from entries m join conversations c on c.id = m.conversation_id where c.name = 'left' and m.role = 'agent'",
          )
        )[0] ?? null,
    );
    assert.deepEqual([kept['text'], (kept['detail'] as Json)['interrupted']], ['No idea.', true]);
    slow = false;
    goOn.resolve();
    goOn = Promise.withResolvers();
  });

  it('goes on by rules where the vendor is away and the organization wants that, and says so', async () => {
    await server.request('PUT', '/api/organizations/org_1', { when_model_fails: 'offline_rules' });
    for (const model of Object.keys(answers)) hanging.add(model);
    vendor.fault = 'refuses-key';
    const response = await write('What does it cost?', 'away');
    assert.equal(response['model'], 'offline-rules');
    assert.notEqual(response['message'], '');
    vendor.fault = 'none';
    hanging.clear();
  });
});
