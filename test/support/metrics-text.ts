/** One metric of a page in Prometheus's text format. */
export interface ServedMetric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (N[Aa][Nn]|[+-]Inf|[-+0-9.e]+)$`);
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

/** Reads a page strictly. @throws Error at a line that Prometheus would refuse */
export function readMetrics(page: string): readonly ServedMetric[] {
  const metrics: ServedMetric[] = [];
  const help = new Map<string, string>();
  const seen = new Set<string>();
  for (const line of page.split('\n').filter((one) => one !== '')) {
    const about = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`).exec(line);
    const [, word = '', of = '', text = ''] = about ?? [];
    if (word === 'HELP') {
      if (help.has(of)) throw new Error(`${of} is described twice`);
      help.set(of, text);
    } else if (word === 'TYPE') {
      metrics.push({ name: of, type: text, help: help.get(of) ?? '', samples: [] });
    } else {
      const sample = SAMPLE.exec(line);
      const metric = metrics.at(-1);
      if (!sample || !metric) throw new Error(`not a sample: ${line}`);
      const [, name = '', labels = '', value] = sample;
      if (!(SUFFIXES[metric.type] ?? ['']).some((suffix) => metric.name + suffix === name))
        throw new Error(`${name} stands below ${metric.name}`);
      const key = `${name}{${labels}}`;
      if (seen.has(key)) throw new Error(`${key} is there twice`);
      seen.add(key);
      const pairs =
        labels === ''
          ? []
          : labels
              .slice(0, -1)
              .split('",')
              .map((one) => one.split('="'));
      metric.samples.push({
        name,
        labels: Object.fromEntries(pairs) as Record<string, string>,
        value: Number(value!.replace('Inf', 'Infinity')),
      });
    }
  }
  return metrics;
}
