import assert from 'node:assert/strict';
import { it } from 'node:test';
import { csvRow } from './csv.ts';

it('no cell begins like a formula, as any spreadsheet reads it', () => {
  const formulas = ['=1', '+1', '-1', '@A1', '\t=1', '\n=1', '\r=1', ' =1', '\u00a0=1'];
  for (const cell of [...formulas, '＝1', '＋1', '－1', '＠A1'])
    assert.match(csvRow([cell]), /^(?:"'|')/, JSON.stringify(cell));
  assert.equal(csvRow(['Ann', '1-2', 'a=b', 'x"y']), 'Ann,1-2,a=b,"x""y"\r\n');
});
