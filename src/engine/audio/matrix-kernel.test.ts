import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeKernel } from './matrix-kernel.ts';

/** The same in plain words. */
function product(
  F: Float32Array,
  row: number,
  stride: number,
  x: number,
  bias: number,
  rows: number,
  columns: number,
  relu: boolean,
): number[] {
  return Array.from({ length: rows }, (_, r) => {
    let sum = bias === 0 ? 0 : F[bias + r]!;
    for (let k = 0; k < columns; k++) sum += F[row + r * stride + k]! * F[x + k]!;
    return relu ? Math.max(0, sum) : sum;
  });
}

describe('the matrix kernel', () => {
  for (const { rows, columns, stride, bias, relu } of [
    { rows: 4, columns: 16, stride: 16, bias: true, relu: false },
    { rows: 132, columns: 128, stride: 128, bias: false, relu: false },
    { rows: 64, columns: 384, stride: 384, bias: true, relu: true },
    { rows: 12, columns: 96, stride: 3, bias: false, relu: false },
    { rows: 40, columns: 1024, stride: 1, bias: false, relu: false },
  ]) {
    it(`${rows} rows of ${columns}, ${stride} apart${bias ? ', with bias' : ''}${relu ? ', cut at zero' : ''}`, () => {
      const kernel = makeKernel();
      const F = kernel.memory;
      let seed = 1;
      for (let i = 0; i < 200_000; i++) F[i] = (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) / 2 ** 30 - 1;
      const [row, x, at, out] = [64, 120_000, bias ? 130_000 : 0, 140_000];
      const expected = product(F, row, stride, x, at, rows, columns, relu);
      kernel.multiply(row * 4, stride * 4, x * 4, at * 4, out * 4, rows, columns, relu ? 1 : 0);
      for (let r = 0; r < rows; r++)
        assert.ok(Math.abs(F[out + r]! - expected[r]!) < 1e-4, `row ${r}: ${F[out + r]} and ${expected[r]}`);

      const [xs, outs] = [
        [x, x + 7, x + 1900, x],
        [out, out + 1000, out + 2000, out + 3000],
      ] as const;
      const bytes = ([...xs, ...outs] as const).map((one) => one * 4) as [
        ...[number, number, number, number],
        ...[number, number, number, number],
      ];
      kernel.multiplyFour(row * 4, stride * 4, at * 4, rows, columns, relu ? 1 : 0, ...bytes);
      for (const [v, vector] of xs.entries())
        for (const [r, value] of product(F, row, stride, vector, at, rows, columns, relu).entries())
          assert.ok(Math.abs(F[outs[v]! + r]! - value) < 1e-4, `vector ${v}, row ${r}`);
    });
  }
});
