import assert from 'node:assert/strict';
import { it } from 'node:test';
import { until } from '../support/server.ts';
import { LONG, type ConsoleScene } from './scene.ts';

type Json = Record<string, unknown>;

const ROWS = 20_000;
const list = (...lines: string[]) => `${lines.join('\n')}\n`;
const utf16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);

/** Files as people have them, and how many of their people are taken in; null where that is for the server to say. */
const FILES: readonly (readonly [what: string, content: string | Buffer<ArrayBuffer>, taken: number | null])[] = [
  ['commas', list('phone,name', '+4930888101,Ann'), 1],
  ['semicolons, CRLF and a byte-order mark', '\uFEFFphone;name\r\n+4930888102;Ärger\r\n', 1],
  ['tabs in UTF-16', utf16(list('phone\tname', '+4930888103\tÄrger')), 1],
  ['Windows-1252', Buffer.from(list('phone,name', '+4930888104,Jürgen'), 'latin1'), 1],
  ['CR alone', 'phone,name\r+4930888105,Ann\r', 1],
  ['a line break within quotes', list('phone,name', '+4930888106,"Ann', 'Smith"'), 1],
  ['a number that a sheet has rounded', list('phone,name', '4.91511E+11,Ann', '+4930888107,Bob'), 1],
  ['a formula', list('phone,name', '=+4930888108,Ann', '+4930888118,=1+1'), null],
  ['an apostrophe before the number', list('phone,name', "'+4930888109,Ann"), 1],
  ['a zero in brackets', list('phone,name', '+49 (0)30 888110,Ann'), 1],
  ['the prefix 00', list('phone,name', '004930888111,Ann', '+4930888121,Bob'), null],
  ['an extension', list('phone,name', '+4930888112 x12,Ann'), null],
  ['a date instead of a number, and none', list('phone,name', '2026-03-08,Ann', ',Bob', '+4930888113,Cy'), 1],
  ['a header alone', 'phone,name\n', null],
  ['a header twice', list('phone,phone,name', '+4930888114,+4930888115,Ann'), null],
  ['a NUL byte', list('phone,name', '+4930888116,A\u0000nn'), null],
  ['markup', list('phone,<b>name</b>', '+4930888117,<img src=x onerror=alert(1)>'), 1],
  ['nothing', '', null],
  ['a workbook', Buffer.from('PK\u0003\u0004 and more'), null],
];

export function corpusTests(scene: ConsoleScene): void {
  const ask = async (method: string, path: string, body?: unknown) =>
    (await scene.server().request(method, path, body)).body;
  const make = async (name: string) =>
    String(((await ask('POST', '/api/campaigns', { name }))['data'] as Json)['campaign_id']);
  const file = (content: string | Buffer<ArrayBuffer>) => ({
    name: 'people.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(content),
  });
  const leads = async (campaign: string) =>
    ((await ask('GET', `/api/campaigns/${campaign}/leads`))['pagination'] as Json)['total'];

  it('14. the wizard says of each kind of file what the server found, or in its words why it takes none', async () => {
    const page = scene.page();
    const campaign = await make('Corpus');
    let refused = 0;
    for (const [what, content, taken] of FILES) {
      const form = new FormData();
      form.append('file', new Blob([content]), 'people.csv');
      const found = await ask('POST', `/api/campaigns/${campaign}/leads?dry_run=true`, form);
      await scene.open(`/app/campaigns/${campaign}?part=list`, 'Corpus');
      await page.setInputFiles('input[type=file]', file(content));
      await page.click('button:text-is("See what would happen")');
      if (found['success'] === false || !found['data']) {
        refused++;
        const { message } = found['error'] as { message: string };
        await page.waitForSelector('main form [role=alert]', LONG);
        assert.equal(await page.textContent('main form [role=alert]'), message, what);
        continue;
      }
      const { total_rows: rows, created, rejected, errors } = found['data'] as Json & { errors: readonly Json[] };
      if (taken !== null) assert.equal(created, taken, what);
      await page.waitForSelector('[role=status] dl', LONG);
      const said = await page.evaluate<readonly string[]>(
        "[...document.querySelectorAll('[role=status] dd')].map((one) => one.textContent)",
      );
      assert.deepEqual([said[0], said[1], said[4]].map(Number), [rows, created, rejected], what);
      for (const { error } of errors)
        assert.ok((await page.textContent('main'))!.includes(String(error)), `${what}: ${String(error)}`);
    }
    assert.ok(refused >= 3, `${refused} files are refused as a whole`);
    assert.equal(await leads(campaign), 0, 'a look changes nothing');
    scene.forgive(/400|413/);
  });

  it('14. the page is closed while a list is sent, or read: no half of it is there, nothing is lost', async () => {
    const url = scene.server().url;
    const csv = `phone,name\n${Array.from({ length: ROWS }, (_, n) => `+4930${8_000_000 + n},Person ${n}\n`).join('')}`;
    const begun = await make('Closed while sent');
    const first = await scene.newPage();
    await first.goto(`${url}/app/campaigns/${begun}?part=list`);
    await first.setInputFiles('input[type=file]', file(csv));
    await first.click('button:text-is("See what would happen")');
    await first.waitForSelector('button:has-text("Take in")', LONG);
    await first.route(/dry_run=false/, (route) => route.abort());
    await first.click('button:has-text("Take in")');
    await first.waitForSelector('main form [role=alert]', LONG);
    await first.close();
    assert.equal(await leads(begun), 0);

    const read = await make('Closed while read');
    const second = await scene.newPage();
    await second.goto(`${url}/app/campaigns/${read}?part=list`);
    await second.setInputFiles('input[type=file]', file(csv));
    await second.click('button:text-is("See what would happen")');
    await second.click('button:has-text("Take in")');
    await until('the import to begin', 60_000, () => /import=import_\d+/.test(second.url()));
    const [, id] = /import=(import_\d+)/.exec(second.url())!;
    await second.close();
    const done = await until('the import to end', 60_000, async () => {
      const found = (await ask('GET', `/api/campaigns/${read}/imports/${id}`))['data'] as Json;
      return found['status'] === 'processing' ? null : found;
    });
    assert.deepEqual([done['status'], done['imported'], await leads(read)], ['completed', ROWS, ROWS]);
    // The same address shows it again.
    await scene.open(`/app/campaigns/${read}?part=list&import=${id}`, 'Closed while read');
    await scene.page().waitForSelector(`text=${ROWS.toLocaleString('en-US')} new people`, LONG);
    scene.forgive(/Failed to load resource/);
  });
}
