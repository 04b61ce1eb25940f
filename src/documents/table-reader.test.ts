import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import iconv from 'iconv-lite';
import { columnsOf, isHeader, leadOf } from '#core/campaigns/lead-columns.ts';
import { tableReader } from './table-reader.ts';

// Lists as spreadsheets and other programs write them, from bytes to leads.

/** In chunks of a few bytes, so that nothing depends on where they are cut. */
const stream = (bytes: Uint8Array, size = 7) =>
  async function* () {
    for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
  };

interface Read {
  readonly leads: readonly { number: string; name: string | null; variables: Readonly<Record<string, string>> }[];
  readonly errors: readonly (readonly [row: number, error: string])[];
  readonly total: number;
}

async function readList(content: string | Uint8Array, mapping: Record<string, string> = {}, size = 7): Promise<Read> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const table = await tableReader.examine(stream(bytes, size), (cells) => isHeader(cells, mapping));
  const resolved = columnsOf(table.format.header, table.first, mapping);
  assert.ok('columns' in resolved, 'problem' in resolved ? resolved.problem : '');
  const leads = [];
  const errors: [number, string][] = [];
  for await (const rows of tableReader.read(stream(bytes, size), table.format))
    for (const { row, cells } of rows) {
      const read = leadOf(cells, { ...resolved, country: 'DE', consentSource: 'list' });
      if ('lead' in read) leads.push(read.lead);
      else errors.push([row, read.error]);
    }
  return { leads, errors, total: table.rows };
}
const numbersOf = async (content: string | Uint8Array, mapping = {}) =>
  (await readList(content, mapping)).leads.map(({ number }) => number);
const problemOf = async (content: string | Uint8Array, mapping: Record<string, string> = {}): Promise<string> => {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  try {
    const table = await tableReader.examine(stream(bytes), (cells) => isHeader(cells, mapping));
    const resolved = columnsOf(table.format.header, table.first, mapping);
    return 'problem' in resolved ? resolved.problem : 'none';
  } catch (error) {
    return (error as Error).message;
  }
};

const TEXT = 'phone;name\n+49 30 1234567;Jürgen Müller\n"+49 30 7654321";"Zoë;\nSmith"\n';

describe('17. a list in any usual writing', () => {
  it('comma, semicolon, tab, bar, and the separator that Excel names', async () => {
    for (const separator of [',', ';', '\t', '|']) {
      const { leads } = await readList(
        `phone${separator}name${separator}plan\n+49301234567${separator}Ann${separator}a\n`,
      );
      assert.deepEqual([leads[0]!.number, leads[0]!.name, leads[0]!.variables], ['+49301234567', 'Ann', { plan: 'a' }]);
    }
    const { leads, errors } = await readList('sep=;\r\nphone;name\r\n+49301234567;Ann, B.\r\nx;y\r\n');
    assert.deepEqual([leads[0]!.name, errors[0]![0]], ['Ann, B.', 4]);
    // A quote, a letter or half a character separates no cells.
    for (const sign of ['"', 'x', '\u{1F600}']) {
      const read = await readList(`sep=${sign}\r\nphone;name\r\n+49301234567;Ann\r\n`);
      assert.deepEqual([read.leads.length, read.leads[0]?.name], [1, 'Ann'], sign);
    }
  });

  it('UTF-8 with and without a mark, UTF-16, Windows-1252', async () => {
    for (const bytes of [
      Buffer.from(TEXT),
      Buffer.from(`\uFEFF${TEXT}`),
      iconv.encode(TEXT, 'utf-16le', { addBOM: true }),
      iconv.encode(TEXT, 'utf-16be', { addBOM: true }),
      iconv.encode(TEXT, 'utf-16le'),
      iconv.encode(TEXT, 'windows-1252'),
    ]) {
      const { leads, total } = await readList(bytes);
      assert.deepEqual(
        leads.map(({ number, name }) => [number, name]),
        [
          ['+49301234567', 'Jürgen Müller'],
          ['+49307654321', 'Zoë;\nSmith'],
        ],
      );
      assert.equal(total, 2);
    }
    // A letter of Windows-1252 far into the file.
    const late = `phone,name\n${'+49301234567,Ann\n'.repeat(20_000)}+49301234568,Jürgen\n`;
    const { leads } = await readList(iconv.encode(late, 'windows-1252'), {}, 65_536);
    assert.equal(leads.at(-1)!.name, 'Jürgen');
  });

  it('LF, CRLF, CR and a mixture, blank lines, no line end at the end', async () => {
    for (const end of ['\n', '\r\n', '\r'])
      assert.deepEqual(await numbersOf(`phone,name${end}+49301111111,A${end}${end}+49302222222,B`), [
        '+49301111111',
        '+49302222222',
      ]);
    assert.deepEqual(await numbersOf('phone\r\n+49301111111\n+49302222222\r\n'), ['+49301111111', '+49302222222']);
  });

  it('row numbers are those of a spreadsheet: the header is row 1, and blank rows count', async () => {
    const { errors, total } = await readList('phone,name\nno,A\n+49301111111,B\n\nnone,C\n"bad\nnumber",D\n');
    assert.deepEqual(
      errors.map(([row]) => row),
      [2, 5, 6],
    );
    assert.equal(total, 4);
  });

  it('numbers that a spreadsheet spoiled are mended where they are whole, and refused where not', async () => {
    const good = ['=+49301234567', '"=""+49301234567"""', "'+49301234567", '+49 (0)30 123 45 67', '0049301234567'];
    const more = ['030/1234567', '+49-30-1234567 x12', 'tel:+49301234567', '0301234567.0'];
    for (const cell of [...good, ...more])
      assert.deepEqual(await numbersOf(`phone\n${cell}\n`), ['+49301234567'], cell);
    for (const [cell, reason] of [
      ['4.91511E+11', /shortened by a spreadsheet/],
      ['"4,91511E+11"', /shortened by a spreadsheet/],
      ['2026-01-02', /is a date/],
      ['12/31/2026', /is a date/],
      ['01.02.2026', /is a date/],
      ['hello', /is not a telephone number/],
      ['12345678901234567890', /is not a telephone number/],
      ['+49\u000030', /NUL/],
    ] as const) {
      const { leads, errors } = await readList(`name,phone\nAnn,${cell}\n`);
      assert.deepEqual(leads, [], cell);
      assert.match(errors[0]![1], reason, cell);
    }
    assert.match((await readList('name,phone\nAnn,\n')).errors[0]![1], /phone_number is empty/);
    assert.deepEqual(await numbersOf('phone,country\n(415) 555-0100,US\n011 44 20 7946 0000,US\n'), [
      '+14155550100',
      '+442079460000',
    ]);
  });

  it('one row, one column, no header, a title above, header only, nothing', async () => {
    assert.deepEqual(await numbersOf('phone\n+49301234567'), ['+49301234567']);
    assert.deepEqual(await numbersOf('+49301234567\n+49301234568\n'), ['+49301234567', '+49301234568']);
    const { leads } = await readList('Ann,+49301234567,gold\nBob,+49301234568,red\n');
    assert.deepEqual(leads[0]!.variables, { column_1: 'Ann', column_3: 'gold' });
    const titled = await readList('Our customers\n\nphone,name\nbad,A\n+49301234567,B\n');
    assert.deepEqual([titled.leads.length, titled.errors[0]![0], titled.total], [1, 4, 2]);
    assert.equal((await tableReader.examine(stream(Buffer.from('phone,name\n')), () => true)).rows, 0);
    assert.match(await problemOf(''), /empty/);
    assert.match(await problemOf('\n\n'), /empty/);
  });

  it('a header that makes no sense is refused with the remedy, not imported as empty rows', async () => {
    assert.match(await problemOf('colour,size\nred,1\n'), /No column holds telephone numbers.*colour, size/);
    assert.match(await problemOf('phone,name,Name\n+49301234567,A,B\n'), /Two columns are named/);
    assert.match(await problemOf('phone,name\n+49301234567,"A\n'), /quotation mark that is never closed/);
    assert.match(
      await problemOf(Buffer.from('PK\x03\x04rest')),
      /^Excel workbooks are not read: save the sheet as CSV/,
    );
    assert.match(await problemOf(Buffer.from('%PDF-1.7')), /a PDF/);
  });

  it('synonyms in several languages; a mapping in either direction; shifted rows are refused', async () => {
    for (const header of ['Telefonnummer', 'Téléphone', 'Mobile Phone', 'PHONE_NUMBER', 'Cell', 'teléfono'])
      assert.deepEqual(await numbersOf(`name,${header}\nA,+49301234567\n`), ['+49301234567'], header);
    const csv = 'who,line,plan\nAnn,+49301234567,gold\n';
    for (const mapping of [
      { line: 'phone', who: 'name' },
      { phone: 'line', name: 'who' },
      { phone_number: 'line', full_name: 'who' },
    ]) {
      const { leads } = await readList(csv, mapping);
      assert.deepEqual([leads[0]!.name, leads[0]!.variables], ['Ann', { plan: 'gold' }], JSON.stringify(mapping));
    }
    // The seed's example, for a file with either header.
    const seed = { phone: 'phone_number', name: 'full_name' };
    for (const header of ['phone,name', 'phone_number,full_name'])
      assert.equal((await readList(`${header}\n+49301234567,Ann\n`, seed)).leads[0]!.name, 'Ann');
    const renamed = await readList(csv, { line: 'phone', plan: 'tariff' });
    assert.deepEqual(renamed.leads[0]!.variables, { who: 'Ann', tariff: 'gold' });
    assert.match(await problemOf(csv, { tel: 'number' }), /neither is a column/);
    assert.match((await readList('phone,name\n+49301234567,A,B\n')).errors[0]![1], /3 cells, and the header has 2/);
  });

  it('an opt-out column under any of its names holds the person back', async () => {
    for (const name of ['do_not_call', 'DNC', 'Opt-Out', 'unsubscribed']) {
      const table = columnsOf(['phone', name], [], {});
      assert.ok('columns' in table);
      const read = leadOf(['+49301234567', 'yes'], { ...table, country: null, consentSource: 'list' });
      assert.deepEqual('lead' in read && read.lead.consent, { given: false, source: 'list' }, name);
    }
  });

  it('many rows in chunks of any size', async () => {
    const rows = 30_000;
    const line = (_: unknown, n: number) => `+4930${1_000_000 + n},"Name, ${n}"\n`;
    const text = `phone,name\n${Array.from({ length: rows }, line).join('')}`;
    const { leads, total } = await readList(text, {}, 65_536);
    assert.deepEqual([leads.length, total, leads.at(-1)!.name], [rows, rows, `Name, ${rows - 1}`]);
  });
});
