import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { searchKnowledge } from '#core/knowledge/search.ts';
import type { Embedder } from '#core/knowledge/vector-search.ts';
import { docxOf, pdfOf } from '../support/documents.ts';
import { startReceiver } from '../support/receiver.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

// What an agent knows: documents in, chunks found, and an answer on a call that says which document it is from.

type Json = Record<string, unknown>;

/** Texts are alike that share letters: enough to tell what is near from what is not. */
const embedder: Embedder = {
  id: 'letters',
  embed: (texts) =>
    Promise.resolve(
      texts.map((text) => {
        const vector = new Float32Array(26);
        for (const char of text.toLowerCase()) if (char >= 'a' && char <= 'z') vector[char.charCodeAt(0) - 97]! += 1;
        const length = Math.hypot(...vector) || 1;
        return vector.map((value) => value / length);
      }),
    ),
};

const filler = (page: number) =>
  Array.from(
    { length: 40 },
    (_, line) => `Section ${page}.${line}: the quick brown fox number ${page * 40 + line} jumps over the lazy dog.`,
  );

describe('the knowledge base', () => {
  let server: TestServer;
  let agent: string;
  let folder: string;
  before(async () => {
    server = await startServer({ WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' });
    agent = String(
      (
        await server.request('POST', '/v1/convai/agents', {
          name: 'Knows',
          system_prompt: 'You are Ada of Brightline. Questions:\nWhat do you use today?',
        })
      ).body['agent_id'],
    );
    folder = server.knowledgeDir;
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });
  const path = (of = agent) => `/v1/convai/agents/${of}/knowledge-base`;
  const add = (body: object, of = agent) => server.request('POST', path(of), body);
  const found = async (question: string, of = agent) =>
    (await searchKnowledge(server.app.core, Number(of.slice(6)), question, 3)).map(
      (one) => `${one.document}: ${one.text}`,
    );

  it("takes the seed's upload by path, and shows it", async () => {
    writeFileSync(
      join(folder, 'document.pdf'),
      pdfOf([['Our office is in Denver.'], ...Array.from({ length: 6 }, (_, page) => filler(page))]),
    );
    const { status, body } = await add({ file_type: 'pdf', file_path: 'document.pdf', chunk_size: 384 });
    assert.equal(status, 200);
    const chunks = Number(body['chunks_created']);
    assert.ok(chunks > 6, `${chunks}`);
    assert.deepEqual(body, { success: true, chunks_created: chunks, agent_id: agent });
    const { body: base } = await server.request('GET', path());
    const [document] = base['documents'] as Json[];
    assert.deepEqual(
      { ...base, documents: [{ ...document, id: 'x', created_at: 'x' }] },
      {
        agent_id: agent,
        documents: [{ id: 'x', name: 'document.pdf', chunks, created_at: 'x' }],
        total_chunks: chunks,
      },
    );
    assert.match(String(document!['id']), /^doc_\d+$/);
    assert.match(await found('where is the office').then((list) => list[0]!), /Denver/);
  });

  it('takes forms, texts and addresses, of every type', async () => {
    const agent2 = String((await server.request('POST', '/v1/convai/agents', { name: 'B' })).body['agent_id']);
    const form = new FormData();
    form.set('chunk_size', '64');
    form.set('file', new Blob([docxOf(['# Refunds', 'A refund takes nine days.'])]), 'terms.docx');
    const uploaded = await fetch(`${server.url}${path(agent2)}`, {
      method: 'POST',
      headers: { 'xi-api-key': server.key },
      body: form,
    });
    assert.deepEqual([uploaded.status, ((await uploaded.json()) as Json)['chunks_created']], [200, 1]);
    assert.equal((await add({ text: 'Parking is free for visitors.', name: 'parking' }, agent2)).status, 200);
    const site = await startReceiver((_request, reply) =>
      reply.setHeader('content-type', 'text/html').end('<h1>Hours</h1><p>We open at eight.</p>'),
    );
    assert.equal((await add({ url: `${site.url}/hours` }, agent2)).status, 200);
    for (const [type, text] of [
      ['csv', 'plan,price\nPro,20'],
      ['md', '# Pets\nDogs are welcome.'],
      ['txt', 'The wifi is called guest.'],
    ]) {
      writeFileSync(join(folder, `a.${type}`), text!);
      assert.equal((await add({ file_path: `a.${type}` }, agent2)).status, 200);
    }
    for (const [question, answer] of [
      ['how long does a refund take', /^terms\.docx: .*nine days/],
      ['is parking free', /^parking: Parking/],
      ['when do you open', /^hours: We open at eight/],
      ['what does pro cost, which price', /plan: Pro; price: 20/],
      ['may I bring my dog', /Dogs are welcome/],
      ['what is the wifi', /guest/],
    ] as const) {
      assert.match((await found(question, agent2))[0]!, answer);
    }
    await site.close();
    // What is gone is not found; another agent's never was.
    const { body } = await server.request('GET', path(agent2));
    const refunds = (body['documents'] as Json[]).find((one) => one['name'] === 'terms.docx')!;
    const detail = await server.request('GET', `${path(agent2)}/${String(refunds['id'])}`);
    assert.deepEqual([detail.body['file_type'], detail.body['chunk_size']], ['docx', 64]);
    const again = await server.request('POST', `${path(agent2)}/${String(refunds['id'])}/reindex`, { chunk_size: 128 });
    assert.deepEqual(again.body, { success: true, chunks_created: 1, agent_id: agent2 });
    assert.equal((await server.request('DELETE', `${path()}/${String(refunds['id'])}`)).status, 404);
    assert.equal((await server.request('DELETE', `${path(agent2)}/${String(refunds['id'])}`)).status, 200);
    assert.equal(
      (await found('how long does a refund take', agent2)).some((one) => one.startsWith('terms.docx')),
      false,
    );
    assert.deepEqual(await found('is parking free'), []);
  });

  it('keeps a document that comes again once, and refuses one whose text would be lost', async () => {
    const own = String((await server.request('POST', '/v1/convai/agents', { name: 'C' })).body['agent_id']);
    const upload = async (bytes: Uint8Array, name: string) => {
      const form = new FormData();
      form.set('file', new Blob([Uint8Array.from(bytes)]), name);
      const reply = await fetch(`${server.url}${path(own)}`, {
        method: 'POST',
        headers: { 'xi-api-key': server.key },
        body: form,
      });
      return { status: reply.status, text: await reply.text() };
    };
    const documents = async () =>
      ((await server.request('GET', path(own))).body['documents'] as Json[]).map((one) =>
        [one['id'], one['name']].join(' '),
      );
    await upload(Buffer.from('Parking costs two euros.'), 'fees.txt');
    const [first] = await documents();
    await upload(Buffer.from('Parking costs three euros.'), 'fees.txt');
    assert.deepEqual(await documents(), [first], 'the same name is the same document');
    assert.deepEqual(await found('what does parking cost', own), ['fees.txt: Parking costs three euros.']);
    await upload(Buffer.from('Parking costs three euros.'), 'new-fees.txt');
    assert.deepEqual(await documents(), [first!.replace('fees', 'new-fees')], 'the same content, too');
    await Promise.all([1, 2, 3].map(() => upload(Buffer.from('Dogs are welcome.'), 'pets.txt')));
    assert.equal((await documents()).length, 2, 'sent three times at once');
    const scan = await upload(pdfOf([[]]), 'scan.pdf');
    assert.deepEqual([scan.status, /scanned.*OCR/.test(scan.text)], [400, true], scan.text);
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => 0x80 + ((i * 37) % 128));
    assert.equal((await upload(bytes, 'bytes.txt')).status, 400);
    assert.equal((await documents()).length, 2, 'nothing is left of what was refused');
    // Letters that look alike, and words without spaces.
    await upload(Buffer.from('営業時間は平日の午前九時から午後六時までです。'), 'hours.txt');
    await upload(
      Buffer.from('Cre\u0300me bru\u0302le\u0301e holds eggs. Children\u2019s plates are small.'),
      'menu.txt',
    );
    assert.match((await found('営業時間を教えて', own))[0]!, /午前九時/);
    assert.match((await found('crème brûlée', own))[0]!, /eggs/);
    assert.match((await found("children's plates", own))[0]!, /small/);
  });

  it('reads no file outside its folder, and names the problem', async () => {
    writeFileSync(join(folder, '..', 'secret.txt'), 'a secret');
    symlinkSync(join(folder, '..', 'secret.txt'), join(folder, 'link.txt'));
    mkdirSync(join(folder, 'dir.txt'), { recursive: true });
    for (const file of [
      '../secret.txt',
      join(folder, '..', 'secret.txt'),
      '/etc/passwd',
      'link.txt',
      'dir.txt',
      'nothing.txt',
      '.',
      '',
      '/path/to/document.pdf',
    ]) {
      const reply = await add({ file_path: file, file_type: 'txt' });
      assert.equal(reply.status, 400, file);
      assert.equal(JSON.stringify(reply.body).includes(folder), false);
    }
    assert.equal(
      (await add({ file_path: join(folder, 'document.pdf') })).status,
      200,
      'a whole path into the folder is one',
    );
    const wrong: [object, RegExp][] = [
      [{}, /file_path is required/],
      [{ text: 'a', url: 'http://x' }, /only one/],
      [{ text: 'x', file_type: 'exe' }, /file_type/],
      [{ file_path: 'document.pdf', file_type: 'docx' }, /could not be read as docx/],
      [{ text: ' ' }, /holds no text/],
      [{ text: 'a', chunk_size: 3 }, /chunk_size/],
      [{ url: 'http://127.0.0.1:1/x.txt' }, /could not be fetched/],
      [{ file: 'no file' }, /form/],
    ];
    for (const [body, text] of wrong) {
      const reply = await add(body);
      assert.deepEqual(
        [reply.status, text.test(JSON.stringify(reply.body))],
        [400, true],
        JSON.stringify([body, reply]),
      );
    }
    assert.equal((await add({ text: 'x' }, 'agent_999')).status, 404);
    const form = new FormData();
    form.set('file', new Blob(['x']), 'a.txt');
    assert.equal(
      (
        await fetch(`${server.url}/v1/convai/agents`, {
          method: 'POST',
          headers: { 'xi-api-key': server.key },
          body: form,
        })
      ).status,
      400,
    );
  });

  it('of 200 pages is answered from on a call, and the turn says which document it was', async () => {
    const { body } = await server.request('POST', '/v1/convai/agents', {
      name: 'Seller',
      system_prompt: 'You are Ada of Brightline.',
      first_message:
        'Hello, this is Ada from Brightline. I would like to tell you about our planning tool for small teams today.',
    });
    const seller = String(body['agent_id']);
    writeFileSync(
      join(folder, 'prices.pdf'),
      pdfOf(
        Array.from({ length: 200 }, (_, page) => [
          ...filler(page),
          ...(page === 150 ? ['The planning tool costs eleven dollars a month for every team.'] : []),
        ]),
      ),
    );
    assert.equal((await add({ file_path: 'prices.pdf' }, seller)).status, 200);
    const placed = await server.request('POST', '/v1/convai/twilio/outbound-call', {
      agent_id: seller,
      to_number: '+15005550009',
    });
    const call = await server.untilEnded(String(placed.body['call_sid']));
    const entries = await server.app.core.store.entries.ofCall(call.conversationId);
    const answer = entries.find((one) => one.role === 'agent' && one.text.includes('eleven'));
    assert.ok(answer, entries.map((one) => `${one.role}: ${one.text}`).join('\n'));
    assert.deepEqual(
      (answer.detail['sources'] as Json[]).map((one) => one['document']),
      ['prices.pdf'],
    );
    const page = await (
      await fetch(`${server.url}/app/calls/${call.sid}`, { headers: { 'x-api-key': server.key } })
    ).text();
    assert.match(page, /prices\.pdf, page 151/);
  });

  it('takes 200 pages, and finds the one line in them', async () => {
    writeFileSync(
      join(folder, 'large.pdf'),
      pdfOf(
        Array.from({ length: 200 }, (_, page) => [
          ...filler(page),
          ...(page === 150 ? ['The emergency code word is marmalade.'] : []),
        ]),
      ),
    );
    const { status, body } = await add({ file_path: 'large.pdf' });
    assert.equal(status, 200, JSON.stringify(body));
    assert.ok(Number(body['chunks_created']) >= 200);
    assert.match((await found('what is the emergency code word'))[0]!, /marmalade/);
  });
});

describe('the knowledge base with an embedder', () => {
  it('finds what is alike in meaning as well, and goes on without it', async () => {
    let away = false;
    const server = await startServer(
      {},
      {
        embedder: {
          id: embedder.id,
          embed: (texts) => (away ? Promise.reject(new Error('away')) : embedder.embed(texts)),
        },
      },
    );
    try {
      const agent = String((await server.request('POST', '/v1/convai/agents', { name: 'A' })).body['agent_id']);
      for (const text of ['Zebras graze.', 'Prices begin at ten.', 'We ship to Peru.'])
        await server.request('POST', `/v1/convai/agents/${agent}/knowledge-base`, { text });
      await until(
        'the vectors',
        15_000,
        async () => (await server.database('select 1 from document_chunks where embedding is null')).length === 0,
      );
      const find = async (question: string) =>
        (await searchKnowledge(server.app.core, Number(agent.slice(6)), question, 3)).map((one) => one.text);
      assert.equal((await find('zzebraz grazze'))[0], 'Zebras graze.', 'it does not contain the words');
      assert.equal((await find('what do prices begin at'))[0], 'Prices begin at ten.');
      away = true;
      assert.deepEqual(await find('peru'), ['We ship to Peru.']);
    } finally {
      await server.close();
    }
  });
});
