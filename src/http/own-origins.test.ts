import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OwnOrigins } from './own-origins.ts';

describe('foreign requests', () => {
  const own = new OwnOrigins({
    host: '127.0.0.1',
    publicUrl: () => 'https://calls.example.com',
    listening: () => ['http://127.0.0.1:3000', 'http://127.0.0.1:8000'],
    corsOrigins: ['https://desk.example.com', '*'],
  });

  it('are recognised by Host, Origin and Sec-Fetch-Site', () => {
    for (const host of ['127.0.0.1:3000', 'localhost:8000', '[::1]:3000', 'calls.example.com', 'localhost'])
      assert.equal(own.foreignIn({ host }), null, host);
    for (const host of ['', 'evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1', 'a b'])
      assert.match(own.foreignIn({ host }) ?? '', /^Host/, host);
    const host = 'localhost:3000';
    for (const origin of [
      'http://localhost:3000',
      'http://127.0.0.1:8000',
      'https://calls.example.com',
      'https://desk.example.com',
    ])
      assert.equal(own.foreignIn({ host, origin }), null, origin);
    for (const origin of [
      'null',
      'https://evil.example',
      'http://localhost:5173',
      'http://localhost',
      'http://localhost:3000.evil.example',
      'http://calls.example.com',
      'file://',
      'nonsense',
    ])
      assert.match(own.foreignIn({ host, origin }) ?? '', /^Origin/, origin);
    assert.match(own.foreignIn({ host, 'sec-fetch-site': 'cross-site' }) ?? '', /^Sec-Fetch-Site/);
    assert.match(own.foreignIn({ host, 'sec-fetch-site': 'same-site' }) ?? '', /^Sec-Fetch-Site/);
    assert.equal(own.foreignIn({ host, 'sec-fetch-site': 'same-origin' }), null);
    assert.equal(own.foreignIn({ host, 'sec-fetch-site': 'none' }), null);
  });
});
