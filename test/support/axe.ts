import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from './process.ts';
import type { Page } from './chromium.ts';

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

const AXE = createRequire(join(ROOT, 'tools', 'package.json')).resolve('axe-core/axe.min.js');

/** What the colours decide; everything else is the same in both schemes. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/** What axe finds on a page, contrast among it, as one line for each rule. */
export async function axeViolations(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  // The page's policy forbids injected scripts; the debugger's evaluation is not bound by it.
  if (!(await page.evaluate<boolean>("typeof axe === 'object'"))) await page.evaluate(readFileSync(AXE, 'utf8'));
  const options = { resultTypes: ['violations'], ...(rules ? { runOnly: rules } : {}) };
  const found = await page.evaluate<readonly Violation[]>(
    `axe.run(document, ${JSON.stringify(options)}).then((done) => JSON.parse(JSON.stringify(done.violations)))`,
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary} (${nodes.length})`);
}

/** The same in light and in dark. */
export async function violationsLightAndDark(page: Page): Promise<readonly string[]> {
  const light = await axeViolations(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await axeViolations(page, OF_COLOURS);
  await page.emulateMedia({ colorScheme: 'light' });
  return [...light, ...dark.map((one) => `dark: ${one}`)];
}
