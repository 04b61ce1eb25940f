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

/** What axe finds on a page, contrast among it, as one line for each rule. */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  // The page's policy forbids injected scripts; the debugger's evaluation is not bound by it.
  await page.evaluate(readFileSync(AXE, 'utf8'));
  const found = await page.evaluate<readonly Violation[]>(
    "axe.run(document, { resultTypes: ['violations'] }).then((done) => JSON.parse(JSON.stringify(done.violations)))",
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary} (${nodes.length})`);
}
