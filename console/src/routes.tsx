import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { Failed, Empty } from '@/design/states.tsx';
import { Shell } from '@/shell/shell.tsx';

const root = createRootRoute({
  component: Shell,
  errorComponent: ({ error, reset }) => <Failed error={error} retry={reset} />,
  notFoundComponent: () => <Empty title="There is no such page">The address may be mistyped.</Empty>,
});

/** Keeps the texts and numbers of an address: filters of lists, the moment of a call. */
const texts = (search: Record<string, unknown>): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(search).flatMap(([name, value]) =>
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? [[name, String(value)]]
        : [],
    ),
  );

/** Each page is a chunk of its own, loaded when it is opened. */
const page = <P extends string>(path: P, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({
    getParentRoute: () => root,
    path,
    validateSearch: texts,
    component: lazyRouteComponent(load as never, name as never),
  });

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/app/board' });
  },
});

const pages = [
  page('/app/board', () => import('@/pages/board.tsx'), 'BoardPage'),
  page('/app/conversations/$call', () => import('@/pages/call.tsx'), 'CallPage'),
  page('/app/listen/$call', () => import('@/pages/listen.tsx'), 'ListenPage'),
  page('/app/desk', () => import('@/pages/desk.tsx'), 'DeskPage'),
  page('/app/start', () => import('@/pages/start.tsx'), 'StartPage'),
  page('/app/analytics', () => import('@/pages/analytics.tsx'), 'AnalyticsPage'),
  page('/app/audit', () => import('@/pages/audit.tsx'), 'AuditPage'),
  page('/app/campaigns/$campaign', () => import('@/pages/campaign/campaign-page.tsx'), 'CampaignPage'),
  page('/app/campaigns', () => import('@/pages/campaigns.tsx'), 'CampaignsPage'),
  page('/app/do-not-call', () => import('@/pages/do-not-call.tsx'), 'DoNotCallPage'),
  page('/app/routing', () => import('@/pages/routing.tsx'), 'RoutingPage'),
  page('/app/appointments', () => import('@/pages/appointments.tsx'), 'AppointmentsPage'),
  page('/app/numbers', () => import('@/pages/numbers.tsx'), 'NumbersPage'),
  page('/app/people/$person', () => import('@/pages/person.tsx'), 'PersonPage'),
  page('/app/people', () => import('@/pages/people.tsx'), 'PeoplePage'),
  page('/app/settings', () => import('@/pages/settings.tsx'), 'SettingsPage'),
  page('/app/users', () => import('@/pages/users.tsx'), 'UsersPage'),
  page('/app/webhooks', () => import('@/pages/webhooks.tsx'), 'WebhooksPage'),
  page('/app/agents/$agent', () => import('@/pages/agent/agent-page.tsx'), 'AgentPage'),
  page('/app/agents', () => import('@/pages/agents.tsx'), 'AgentsPage'),
  page('/app/conversations', () => import('@/pages/conversations.tsx'), 'ConversationsPage'),
];

export const router = createRouter({
  routeTree: root.addChildren([home, ...pages]),
  defaultPreload: 'intent',
  // Every value of an address is a plain text, as people type and read it.
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: (search) => {
    const text = new URLSearchParams(search as Record<string, string>).toString();
    return text === '' ? '' : `?${text}`;
  },
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
