import { LINES, type Expected, type Line } from '../corpus/case.ts';
import { mean, percentile } from '../statistics.ts';
import type { Outcome } from './run-case.ts';

export interface Row {
  readonly name: string;
  readonly kind: string;
  readonly line: Line;
  readonly expected: Expected['kind'];
  readonly heldBack: boolean;
  readonly outcome: Outcome;
}

const percent = (part: number, whole: number) => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`);

const ms = (value: number) => (Number.isNaN(value) ? '-' : value.toFixed(0));

export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  console.log(`| ${head.join(' | ')} |\n|${head.map(() => '---').join('|')}|`);
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
  console.log('');
}

/** One table for each kind of line: by kind of case, and for all of a column together. */
export function printTables(rows: readonly Row[]): void {
  for (const line of LINES) {
    const here = rows.filter((row) => row.line === line);
    if (here.length === 0) continue;
    console.log(`\n${line}\n`);
    const kinds = [...new Set(here.map((row) => row.kind))];
    table(
      [
        'kind',
        'cases',
        'wrong',
        'kept aside, wrong',
        'needless pauses',
        'pause p50 / p95',
        'decision p95 / most',
        'endpoint mean / p95',
        'began p50 / p95',
      ],
      kinds.map((kind) => {
        const these = here.filter((row) => row.kind === kind);
        const outcomes = these.map((row) => row.outcome);
        const aside = these.filter((row) => row.heldBack);
        const of = (key: 'pauseMs' | 'decideMs' | 'endpointMs' | 'beganMs') =>
          outcomes.flatMap((one) => (one[key] === null ? [] : [one[key]]));
        const pair = (values: readonly number[], a: number, b: number) =>
          values.length === 0 ? '-' : `${ms(a)} / ${ms(b)}`;
        return [
          kind,
          String(these.length),
          percent(outcomes.filter((one) => !one.right).length, these.length),
          percent(aside.filter((row) => !row.outcome.right).length, aside.length),
          percent(outcomes.filter((one) => one.needlessPauses > 0).length, these.length),
          pair(of('pauseMs'), percentile(of('pauseMs'), 0.5), percentile(of('pauseMs'), 0.95)),
          pair(of('decideMs'), percentile(of('decideMs'), 0.95), Math.max(...of('decideMs'))),
          pair(of('endpointMs'), mean(of('endpointMs')), percentile(of('endpointMs'), 0.95)),
          pair(of('beganMs'), percentile(of('beganMs'), 0.5), percentile(of('beganMs'), 0.95)),
        ];
      }),
    );
  }
}

/**
 * What is promised of the first kind of line, over all kinds of cases together; and the same of what was kept aside
 * from tuning.
 */
export function printPromises(rows: readonly Row[]): void {
  const promised = rows.filter((row) => row.line === LINES[0]);
  const columns = [promised, promised.filter((row) => row.heldBack)];
  const line = (name: string, limit: string, cell: (rows: readonly Row[]) => string) => [
    name,
    limit,
    ...columns.map(cell),
  ];
  const of = (these: readonly Row[], expected: Expected['kind']) =>
    these.filter((row) => row.expected === expected).map((row) => row.outcome);
  const share = (outcomes: readonly Outcome[], wrong: (one: Outcome) => boolean) =>
    `${outcomes.filter(wrong).length} of ${outcomes.length}, ${percent(outcomes.filter(wrong).length, outcomes.length)}`;
  const times = (outcomes: readonly Outcome[], key: 'pauseMs' | 'decideMs' | 'endpointMs') =>
    outcomes.flatMap((one) => one[key] ?? []);
  const people = (these: readonly Row[]) => [...of(these, 'human'), ...of(these, 'talk')];
  table(
    ['of all', 'limit', 'all cases', 'kept aside'],
    [
      line('false stops', '1 %', (these) => share(of(these, 'no-stop'), (one) => !one.right)),
      line('needless pauses', '', (these) => share(of(these, 'no-stop'), (one) => one.needlessPauses > 0)),
      line('missed interruptions', '1 %', (these) => share(of(these, 'stop'), (one) => !one.right)),
      line('time to pause p95, ms', '200', (these) => ms(percentile(times(of(these, 'stop'), 'pauseMs'), 0.95))),
      line('time to decide p95, ms', '500', (these) => ms(percentile(times(of(these, 'stop'), 'decideMs'), 0.95))),
      line('decided later than 500 ms', '', (these) => share(of(these, 'stop'), (one) => (one.decideMs ?? 0) > 500.5)),
      line('cut off in mid-thought', '5 %', (these) => share(of(these, 'turn'), (one) => one.cutOff)),
      line('endpointing delay, mean ms', '600', (these) => ms(mean(times(of(these, 'turn'), 'endpointMs')))),
      line('humans taken for machines', '0 %', (these) =>
        share(people(these), (one) => one.wrong === 'taken for machine'),
      ),
      line('machines not found, or spoken to too early', '5 %', (these) =>
        share(of(these, 'machine'), (one) => !one.right),
      ),
    ],
  );
}
