import assert from 'node:assert/strict';
import { it } from 'node:test';
import { putCalls } from '../support/call-history.ts';
import { ADMIN, LONG, type ConsoleScene } from './scene.ts';

const BROWSERS = ['Pacific/Auckland', 'Asia/Kolkata', 'America/Chicago', 'UTC'] as const;
/** Zones of organizations, and the hours of their days on which clocks change. */
const ORGANIZATIONS = [
  ['America/Chicago', { '2026-03-08': 23, '2026-11-01': 25 }],
  ['Pacific/Auckland', { '2026-04-05': 25, '2026-09-27': 23 }],
  ['Asia/Kolkata', { '2026-03-08': 24, '2026-11-01': 24 }],
  ['UTC', { '2026-03-29': 24, '2026-10-25': 24 }],
] as const;

export function zoneTests(scene: ConsoleScene): void {
  it('12. a chart has the hours of the organization, 23, 24 or 25 of them, wherever the browser is', async () => {
    const server = scene.server();
    const { id: agentId, organizationId } = (await server.app.core.store.agents.default(1))!;
    const call = { organizationId, agentId, status: 'completed', talkS: 60 } as const;
    // Each hour from a day before to a day after: a bucket of another zone would hold one more or one less.
    const days = [...new Set(ORGANIZATIONS.flatMap(([, found]) => Object.keys(found)))];
    for (const day of days) {
      const noon = new Date(`${day}T12:30:00Z`).getTime();
      await putCalls(
        server,
        Array.from({ length: 72 }, (_, n) => ({ ...call, endedAt: new Date(noon + (n - 36) * 3_600_000) })),
      );
    }
    const seen: Record<string, readonly string[]>[] = [];
    for (const timezoneId of BROWSERS)
      await scene.as(
        ADMIN,
        async (page) => {
          const found: Record<string, readonly string[]> = {};
          for (const [timezone, hours] of ORGANIZATIONS) {
            await server.request('PUT', `/api/organizations/org_${organizationId}`, { timezone });
            for (const [day, length] of Object.entries(hours)) {
              await page.goto(`${server.url}/app/analytics?date_from=${day}&date_to=${day}&granularity=hour`);
              await page.waitForSelector('figure .sr-only tbody tr', LONG);
              const rows = await page.evaluate<readonly (readonly string[])[]>(
                `[...document.querySelectorAll('figure .sr-only tbody tr')]
                  .map((row) => [...row.children].map((cell) => cell.textContent))`,
              );
              assert.equal(rows.length, length, `${day} of ${timezone} in ${timezoneId}`);
              for (const [hour, ended] of rows) assert.equal(ended, '1', `${hour} of ${day} in ${timezone}`);
              found[`${timezone} ${day}`] = rows.map((row) => row.join(' '));
            }
          }
          seen.push(found);
        },
        { timezoneId, locale: 'en-US' },
      );
    for (const rows of seen) assert.deepEqual(rows, seen[0]);
    await server.request('PUT', `/api/organizations/org_${organizationId}`, { timezone: 'UTC' });
  });
}
