import 'uplot/dist/uPlot.min.css';
import './chart.css';
import { useEffect, useRef, type ReactNode } from 'react';
import uPlot from 'uplot';
import { colourOf, onNewColours } from './colours.ts';

// A chunk of its own: pages load it with `lazy`.

export interface Series {
  readonly title: string;
  /** The name of a colour of the design, such as `agent`. */
  readonly colour: 'agent' | 'caller' | 'person' | 'wait' | 'bad' | 'muted';
  readonly values: readonly (number | null)[];
}

export interface ChartProps {
  readonly title: string;
  /** Instants of the buckets in seconds, as the server cut them: labels follow the zone, never the keys. */
  readonly at: readonly number[];
  readonly series: readonly Series[];
  readonly zone: string;
  readonly format?: (value: number) => string;
}

const HEIGHT = 220;
/** Steps of the upright axis: what is drawn is counted in whole numbers. */
const COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 1e7, 1e8];

/** Lines over time, with the same figures as a table for screen readers. */
export function Chart({ title, at, series, zone, format = String }: ChartProps): ReactNode {
  const parent = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = parent.current!;
    const make = () => {
      const axis = { stroke: colourOf('muted'), grid: { stroke: colourOf('line'), width: 1 }, ticks: { show: false } };
      return new uPlot(
        {
          width: element.clientWidth,
          height: HEIGHT,
          tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
          axes: [
            { ...axis, gap: 8 },
            { ...axis, incrs: COUNTS, values: (_, ticks) => ticks.map(format) },
          ],
          series: [{}, ...series.map((one) => ({ label: one.title, stroke: colourOf(one.colour), width: 1.5 }))],
          cursor: { drag: { x: false, y: false } },
        },
        [[...at], ...series.map((one) => [...one.values])],
        element,
      );
    };
    let plot = make();
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    const stop = onNewColours(() => {
      plot.destroy();
      plot = make();
    });
    return () => {
      resized.disconnect();
      stop();
      plot.destroy();
    };
  }, [at, series, zone, format]);
  const label = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short', timeZone: zone });
  return (
    <figure>
      <div ref={parent} aria-hidden="true" />
      <table className="sr-only">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {series.map((one) => (
              <th key={one.title} scope="col">
                {one.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {at.map((seconds, row) => (
            <tr key={seconds}>
              <th scope="row">{label.format(seconds * 1000)}</th>
              {series.map((one) => (
                <td key={one.title}>{one.values[row] === null ? '' : format(one.values[row] ?? 0)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
