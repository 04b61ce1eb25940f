import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ProcessMetrics } from '../../src/metrics/process-metrics.ts';
import { ROOT } from '../support/process.ts';

// The dashboard and the alert rules: every query can be parsed and asks for metrics that a server shows.

interface Parser {
  parse(text: string): {
    iterate(walk: { enter(node: { name: string; from: number; to: number; type: { isError: boolean } }): void }): void;
  };
}
interface Yaml {
  parse(text: string): unknown;
}
const tools = createRequire(join(ROOT, 'tools', 'package.json'));
const { parser } = tools('@prometheus-io/lezer-promql') as { parser: Parser };
const yaml = tools('yaml') as Yaml;

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Every metric of a server, as it stands on `/metrics`. */
function metricNames(): ReadonlySet<string> {
  const { registry } = new ProcessMetrics({
    version: '0',
    role: 'all',
    calls: () => 0,
    databaseMs: () => 0,
    providers: () => [],
  });
  const names = registry
    .getMetricsAsArray()
    .flatMap(({ name, type }) =>
      (type as unknown) === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
    );
  const stored = [...read('src/metrics/stored-metrics.ts').matchAll(/^ {2}(trunkline_\w+): \{$/gm)];
  // Prometheus adds `up` of each server itself.
  return new Set(['up', ...names, ...stored.map(([, name]) => name!)]);
}

/** The metrics of a query. @throws AssertionError where it cannot be parsed */
function metricsOf(query: string): readonly string[] {
  const text = query.replaceAll('$__rate_interval', '5m');
  const found: string[] = [];
  parser.parse(text).iterate({
    enter: ({ name, from, to, type }) => {
      assert.ok(!type.isError, `cannot be parsed at ${text.slice(from)}: ${query}`);
      if (name === 'VectorSelector') found.push(/^\w+/.exec(text.slice(from, to))![0]);
    },
  });
  return found;
}

const known = metricNames();
const assertShown = (query: string, where: string) => {
  const used = metricsOf(query);
  assert.ok(used.length > 0, `${where} asks for no metric: ${query}`);
  for (const name of used) assert.ok(known.has(name), `${where} asks for ${name}, which no server shows`);
};

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

describe('monitoring', () => {
  it('alerts by metrics that exist, and the documents say what to do', () => {
    const { groups } = yaml.parse(read('deploy/monitoring/alerts.yaml')) as { groups: { rules: Rule[] }[] };
    const rules = groups.flatMap((group) => group.rules);
    assert.ok(rules.length > 5);
    const page = read('docs/monitoring.md');
    for (const { alert, expr, for: wait, labels, annotations } of rules) {
      assertShown(expr, alert);
      assert.match(wait, /^\d+[smh]$/, alert);
      assert.match(labels.severity, /^(?:critical|warning)$/, alert);
      assert.ok(annotations.summary.length > 10, alert);
      assert.ok(page.includes(`| \`${alert}\` |`), `docs/monitoring.md says nothing of ${alert}`);
    }
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  });

  it('shows metrics that exist', () => {
    interface Panel {
      readonly id: number;
      readonly title: string;
      readonly gridPos: { readonly x: number; readonly w: number };
      readonly targets?: readonly { readonly expr: string }[];
    }
    const { panels } = JSON.parse(read('deploy/monitoring/grafana-dashboard.json')) as { panels: Panel[] };
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    for (const { title, targets = [], gridPos } of panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, title);
      for (const { expr } of targets) assertShown(expr, title);
    }
  });

  it('notices a query that cannot be parsed, and a metric that no server shows', () => {
    assert.throws(() => metricsOf('sum(rate(trunkline_turns_total[5m])'));
    assert.throws(() => assertShown('rate(trunkline_nothing_total[5m])', 'a panel'));
  });
});
