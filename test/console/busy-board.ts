import type { Page } from '../support/chromium.ts';
import { addMessages } from '../support/console-records.ts';
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
 * On a board that is open, the newest `calls` of the running ones say something every `everyMs`, so many times;
 * the delays with which the cards in sight showed it, sorted.
 */
export async function delaysOnBoard(
  server: TestServer,
  page: Page,
  { calls, times, everyMs }: { readonly calls: number; readonly times: number; readonly everyMs: number },
): Promise<readonly number[]> {
  await page.evaluate(NOTE_DELAYS);
  let last = '';
  for (let n = 0; n < times; n++) {
    const began = performance.now();
    last = `said at ${Date.now()}`;
    await addMessages(server, last, calls);
    await new Promise((next) => setTimeout(next, Math.max(0, everyMs - (performance.now() - began))));
  }
  await page.waitForSelector(`article:has-text("${last}")`);
  return (await page.evaluate<number[]>('window.delays')).toSorted((one, other) => one - other);
}
