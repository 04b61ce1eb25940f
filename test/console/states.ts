import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { violationsLightAndDark } from '../support/axe.ts';
import type { Page } from '../support/chromium.ts';
import { until } from '../support/server.ts';
import { ADMIN, elsewhere, LONG, OTHER_ADMIN, type ConsoleScene } from './scene.ts';
import { placesOf, recordsOf, type Place } from './places.ts';

// The states of each page: loading, failed, not allowed, empty, full; and each by keyboard.

/** Longer than the pauses between the tries of a request. */
const TRIED_AGAIN_MS = 4000;
/** Marks what the keyboard must reach: each choice among several of one name counts once. */
const MARK = `(() => {
  let n = 0;
  const groups = new Set();
  const stops = ['a[href]', 'button', 'input', 'select', 'textarea', 'summary', '[tabindex="0"]'].join();
  for (const one of document.querySelectorAll('main :is(' + stops + ')')) {
    if (one.disabled || one.tabIndex < 0 || !one.checkVisibility()) continue;
    if (one.closest('[inert], fieldset:disabled')) continue;
    if (one.type === 'radio' && groups.has(one.name)) continue;
    groups.add(one.name);
    one.dataset.stop = String(n++);
  }
  document.activeElement?.blur();
  return n;
})()`;
/** The mark of what has the focus, and whether it shows that; the fields of a date show it each. */
const FOCUSED = `(() => {
  const { activeElement: one } = document;
  const style = getComputedStyle(one);
  const isShown = one.closest('.cm-editor, audio, [type=date]') || style.outlineStyle !== 'none';
  return { stop: one.dataset.stop ?? null, isShown: !!isShown, html: one.outerHTML.slice(0, 200) };
})()`;

export function stateTests(scene: ConsoleScene): void {
  let places: readonly Place[];
  before(async () => {
    places = placesOf(await recordsOf(scene.server()));
  });
  const accessible = async (page: Page, what: string) => assert.deepEqual(await violationsLightAndDark(page), [], what);

  it('1. every page while it loads, when it failed, when it may not be seen: no violation, and words', async () => {
    await scene.as(ADMIN, async (page) => {
      await page.clock.install();
      for (const { path, title, reads } of places) {
        if (!reads) continue;
        let status = 500;
        let answer = () => undefined as void;
        const answered = new Promise<void>((resolve) => {
          answer = resolve;
        });
        await page.route(reads, async (route) => {
          await answered;
          await route.fulfill({ status, body: '{}' }).catch(() => undefined);
        });
        await page.goto(`${scene.server().url}/app/${path}`);
        await page.waitForSelector(`h1:text-is("${title}")`, LONG);
        await page.waitForSelector('main [aria-label="Loading"]', LONG);
        await accessible(page, `${path}, loading`);
        answer();
        await until(`${path} to say that it failed`, 20_000, async () => {
          await page.clock.fastForward(TRIED_AGAIN_MS);
          return isThere(page, 'main [role=alert]');
        });
        await page.waitForSelector('main [role=alert] button:text-is("Try again")', LONG);
        await accessible(page, `${path}, failed`);
        status = 403;
        // A page may have asked again by itself meanwhile, so that the button is gone.
        await page.evaluate(`[...document.querySelectorAll('main [role=alert] button')]
          .find((one) => one.textContent === 'Try again')?.click()`);
        await page.waitForSelector('h2:text-is("Your role may not see this")', LONG);
        await accessible(page, `${path}, not allowed`);
        await page.unroute(reads);
      }
    });
  });

  it('1. every page without a record: no violation, and what to do first', async () => {
    await elsewhere(scene.server());
    const empty: string[] = [];
    await scene.as(OTHER_ADMIN, async (page) => {
      for (const { path, title, reads } of places.filter((one) => !one.path.includes('/'))) {
        await page.goto(`${scene.server().url}/app/${path}`);
        await page.waitForSelector(`h1:text-is("${title}")`, LONG);
        await page.waitForSelector('main [aria-label="Loading"]', { ...LONG, state: 'detached' });
        await accessible(page, `${path}, empty`);
        if (reads && (await isThere(page, 'main h2 + div'))) empty.push(path);
      }
    });
    for (const path of ['board', 'conversations', 'campaigns', 'people', 'do-not-call', 'numbers', 'webhooks'])
      assert.ok(empty.includes(path), `${path} says nothing: ${empty.join()}`);
  });

  it('1. every control of every page is reached by Tab and shows that it has the focus', async () => {
    const page = scene.page();
    for (const { path } of places) {
      await page.goto(`${scene.server().url}/app/${path}`);
      await page.waitForSelector('h1', LONG);
      await page.waitForSelector('main [aria-label="Loading"]', { ...LONG, state: 'detached' });
      const wanted = await page.evaluate<number>(MARK);
      const reached = new Set<string>();
      for (let n = 0; n < 3 * wanted + 60 && reached.size < wanted; n++) {
        await page.keyboard.press('Tab');
        const { stop, isShown, html } = await page.evaluate<{ stop: string | null; isShown: boolean; html: string }>(
          FOCUSED,
        );
        if (stop === null) continue;
        assert.ok(isShown, `${path}: the focus is not seen on ${html}`);
        reached.add(stop);
      }
      const missing = await page.evaluate<readonly string[]>(
        `[...document.querySelectorAll('[data-stop]')]
          .filter((one) => !${JSON.stringify([...reached])}.includes(one.dataset.stop))
          .map((one) => one.outerHTML.slice(0, 120))`,
      );
      assert.ok(missing.length === 0, `${path}: ${reached.size} of ${wanted} controls: ${missing.join('\n')}`);
    }
  });
}

const isThere = (page: Page, selector: string): Promise<boolean> =>
  page.evaluate(`document.querySelector(${JSON.stringify(selector)}) !== null`);
