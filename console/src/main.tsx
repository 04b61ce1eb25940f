import './styles.css';
import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { lazy, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiError } from '@/api/errors.ts';
import { restoreSession } from '@/api/session.ts';
import { startTheme } from '@/shell/theme.ts';
import { router } from './routes.tsx';

const Toasts = lazy(() => import('@/design/toasts.tsx').then(({ Toasts }) => ({ default: Toasts })));

startTheme();
void restoreSession();

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Live pages follow events; a form is never overwritten because a window came to the front.
      refetchOnWindowFocus: false,
      staleTime: 10_000,
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status < 500),
    },
  },
});
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <CSPProvider {...(nonce ? { nonce } : {})}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
        <Suspense fallback={null}>
          <Toasts />
        </Suspense>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
