import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isWithheldNumber } from './withheld-number.ts';

const WITHHELD = [
  null,
  undefined,
  '',
  '  ',
  '+266696687',
  '266696687',
  '+7378742833',
  '+2562533',
  '+86282452253',
  '00266696687',
  'anonymous',
  'Anonymous',
  ' ANONYMOUS ',
  'Restricted',
  'private',
  'Private Number',
  'unavailable',
  'unknown',
  'Unknown Caller',
  'No Caller ID',
  'sip:anonymous@anonymous.invalid',
  'SIPS:Anonymous@example.com;user=phone',
  '"Anonymous" <sip:anonymous@anonymous.invalid>',
  '<sip:+266696687@10.0.0.1>',
  'anonymous@anonymous.invalid',
  'tel:+266696687',
];
const KNOWN = ['+15557770001', '+49266696687', '+12562533000', 'sip:alice@example.com', 'user_7', 'Ann', 'anon-42'];

for (const caller of WITHHELD) it(`${String(caller)} is withheld`, () => assert.equal(isWithheldNumber(caller), true));
for (const caller of KNOWN) it(`${caller} is not withheld`, () => assert.equal(isWithheldNumber(caller), false));
