import { Counter, Gauge, Registry } from 'prom-client';
import type { MonitoringFigures } from '#core/metrics/monitoring.ts';

const SECOND_MS = 1000;
const MICROS = 1_000_000;

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

interface StoredMetric {
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly label?: string;
  read(figures: MonitoringFigures): readonly Sample[];
}

const one = (value: number): readonly Sample[] => [[{}, value]];
const each = <T>(label: string, values: Iterable<T>, read: (value: T) => readonly [string, number]) =>
  [...values].map((value): Sample => {
    const [name, number] = read(value);
    return [{ [label]: name }, number];
  });

/** Read from the database: equal on all servers, and kept over restarts. */
const METRICS: Readonly<Record<string, StoredMetric>> = {
  trunkline_calls_ended_total: {
    type: 'counter',
    help: 'Ended calls, by how they ended',
    label: 'ending',
    read: ({ endedBy }) => each('ending', endedBy.ending, ({ value, calls }) => [value, calls]),
  },
  trunkline_calls_ended_by_direction_total: {
    type: 'counter',
    help: 'Ended calls, by direction',
    label: 'direction',
    read: ({ endedBy }) => each('direction', endedBy.direction, ({ value, calls }) => [value, calls]),
  },
  trunkline_calls_ended_by_carrier_total: {
    type: 'counter',
    help: 'Ended calls, by carrier',
    label: 'carrier',
    read: ({ endedBy }) => each('carrier', endedBy.carrier, ({ value, calls }) => [value, calls]),
  },
  trunkline_calls_answered_by_carrier_total: {
    type: 'counter',
    help: 'Ended calls that were answered, by carrier',
    label: 'carrier',
    read: ({ endedBy }) => each('carrier', endedBy.carrier, ({ value, answered }) => [value, answered]),
  },
  trunkline_calls_answered_total: {
    type: 'counter',
    help: 'Ended calls that were answered',
    read: ({ ended }) => one(ended.answered),
  },
  trunkline_calls_converted_total: {
    type: 'counter',
    help: 'Ended calls with a booking or an agreement',
    read: ({ ended }) => one(ended.converted),
  },
  trunkline_calls_transferred_total: {
    type: 'counter',
    help: 'Ended calls that a person took over',
    read: ({ ended }) => one(ended.transferred),
  },
  trunkline_call_talk_seconds_total: {
    type: 'counter',
    help: 'Time from answer to end of all ended calls',
    read: ({ ended }) => one(ended.talkMs / SECOND_MS),
  },
  trunkline_call_ring_seconds_total: {
    type: 'counter',
    help: 'Time from placing to answer or end of all ended calls',
    read: ({ ended }) => one(ended.ringMs / SECOND_MS),
  },
  trunkline_turns_total: {
    type: 'counter',
    help: 'Turns of ended calls in which the agent answered the caller',
    read: ({ ended }) => one(ended.turns),
  },
  trunkline_turn_wait_seconds_total: {
    type: 'counter',
    help: 'Time that callers waited for the turns of ended calls',
    read: ({ ended }) => one(ended.waitedMs / SECOND_MS),
  },
  trunkline_call_cost_dollars_total: {
    type: 'counter',
    help: 'Cost of ended calls in US dollars, by the prices that are set',
    read: ({ ended }) => one(ended.costMicros / MICROS),
  },
  trunkline_calls_running: {
    type: 'gauge',
    help: 'Calls that run now on any server, by status',
    label: 'status',
    read: ({ running }) => each('status', Object.entries(running), (entry) => entry),
  },
  trunkline_desk_waiting_calls: {
    type: 'gauge',
    help: 'Callers who wait for a human agent',
    read: ({ desk }) => one(desk.waiting),
  },
  trunkline_desk_connected_calls: {
    type: 'gauge',
    help: 'Calls that a human agent has',
    read: ({ desk }) => one(desk.assigned),
  },
  trunkline_desk_mean_wait_seconds: {
    type: 'gauge',
    help: 'Mean wait for a human agent over the last hour',
    read: ({ desk }) => one(desk.meanWaitMs / SECOND_MS),
  },
  trunkline_desk_agents: {
    type: 'gauge',
    help: 'Human agents on duty, by status',
    label: 'status',
    read: ({ desk }) => [
      [{ status: 'busy' }, desk.busyAgents],
      [{ status: 'online' }, desk.activeAgents - desk.busyAgents],
    ],
  },
  trunkline_dialler_active_campaigns: {
    type: 'gauge',
    help: 'Campaigns that dial now',
    read: ({ activeCampaigns }) => one(activeCampaigns),
  },
  trunkline_dialler_leads: {
    type: 'gauge',
    help: 'Leads of active campaigns (the newest 1000), by status',
    label: 'status',
    read: ({ leads }) => each('status', leads, (entry) => entry),
  },
  trunkline_webhook_queue_lanes: {
    type: 'gauge',
    help: 'Lanes (one webhook and one call or campaign) with events to send, at most 10000',
    read: ({ webhooks }) => one(webhooks.lanes),
  },
  trunkline_webhook_failing_lanes: {
    type: 'gauge',
    help: 'Lanes whose first event failed and is tried again, at most 10000',
    read: ({ webhooks }) => one(webhooks.failing),
  },
  trunkline_webhook_queue_late_seconds: {
    type: 'gauge',
    help: 'How long the first event that is due has waited to be sent',
    read: ({ webhooks }) => one(webhooks.lateMs / SECOND_MS),
  },
  trunkline_carrier_up: {
    type: 'gauge',
    help: 'Whether a configured carrier takes calls: 1, or 0 while it rests after failures',
    label: 'carrier',
    read: ({ carriers }) => each('carrier', carriers, ({ id, resting }) => [id, resting ? 0 : 1]),
  },
};

/** The metrics of these figures in Prometheus's text format. */
export async function storedMetrics(figures: MonitoringFigures): Promise<string> {
  const registry = new Registry();
  for (const [name, metric] of Object.entries(METRICS)) {
    const { type, help, label } = metric;
    const about = { name, help, labelNames: label === undefined ? [] : [label], registers: [registry] };
    if (type === 'counter') {
      const counter = new Counter(about);
      for (const [labels, value] of metric.read(figures)) counter.inc(labels, value);
    } else {
      const gauge = new Gauge(about);
      for (const [labels, value] of metric.read(figures)) gauge.set(labels, value);
    }
  }
  return registry.metrics();
}
