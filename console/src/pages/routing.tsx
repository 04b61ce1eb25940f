import type { ReactNode } from 'react';
import { Page } from '@/design/page.tsx';
import { Tabs, usePart } from '@/design/tabs.tsx';
import { Rules } from './routing/rules.tsx';
import { Trunks } from './routing/trunks.tsx';

const PARTS = [
  ['rules', 'Rules'],
  ['trunks', 'Trunks'],
] as const;

/** Which agent answers a call that comes in: by trunk and by rule. */
export function RoutingPage(): ReactNode {
  const part = usePart('rules');
  return (
    <Page title="Call routing">
      <Tabs label="Parts of the routing" parts={PARTS} />
      {part === 'trunks' ? <Trunks /> : <Rules />}
    </Page>
  );
}
