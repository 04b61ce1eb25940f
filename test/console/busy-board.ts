import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from '../support/chromium.ts';
import { runningCalls } from '../support/console-records.ts';
import type { TestServer } from '../support/server.ts';

/** Notes, of each word that appears on a card, how long ago it was said, in milliseconds. */
const NOTE_DELAYS = `(() => {
  window.delays = [];
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const said = /said at (\\d+)/.exec(target.textContent);
      if (said) window.delays.push(Date.now() - Number(said[1]));
    }
  }).observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true });
})()`;

/**
 * On a board that is open, the newest `calls` of the running ones say something in turn, so many of them a second; the
 * delays with which the cards in sight showed it, sorted.
 */
export async function delaysOnBoard(
  server: TestServer,
  page: Page,
  { calls, aSecond, seconds }: { readonly calls: number; readonly aSecond: number; readonly seconds: number },
): Promise<readonly number[]> {
  const speakers = await runningCalls(server, calls);
  await page.evaluate(NOTE_DELAYS);
  const began = performance.now();
  const said: Promise<void>[] = [];
  for (let n = 0; n < aSecond * seconds; n++) {
    said.push(speakers[n % speakers.length]!(`said at ${Date.now()}`));
    await pause(Math.max(0, began + ((n + 1) * 1000) / aSecond - performance.now()));
  }
  await Promise.all(said);
  await speakers[0]!('That is all.');
  await page.waitForSelector('article:has-text("That is all.")');
  return (await page.evaluate<number[]>('window.delays')).toSorted((one, other) => one - other);
}
