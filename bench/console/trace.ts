import type { Chromium, Page } from '../../test/support/chromium.ts';

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds on the processor; left out where the machine does not tell. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Acts while Chromium notes what it does; `cpuMs` is what each task of the page's main thread took of a processor. */
export async function traced<T>(
  browser: Chromium,
  page: Page,
  act: () => Promise<T>,
): Promise<{ readonly result: T; readonly cpuMs: readonly number[] }> {
  await browser.startTracing(page, { categories: ['toplevel'] });
  const result = await act();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString('utf8')) as {
    traceEvents: readonly TraceEvent[];
  };
  const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
  const main = new Set(
    traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(threadOf),
  );
  const tasks = traceEvents.filter(
    (one) => one.name === 'ThreadControllerImpl::RunTask' && one.ph === 'X' && main.has(threadOf(one)),
  );
  return { result, cpuMs: tasks.map(({ tdur = 0 }) => tdur / 1000) };
}
