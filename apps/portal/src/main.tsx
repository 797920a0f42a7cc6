// oxlint-disable-next-line import/no-unassigned-import -- sets the library up, first, before any schema exists
import './zod-csp.ts';
import { GuildhallProvider } from '@guildhall/ui';
import { keepPageForLater } from '@guildhall/rest-client/worker';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createQueryClient } from './api/queries.ts';
import { createPortalRouter } from './shell/routes.tsx';
import './styles.css';
import { i18n } from './words/words.ts';

keepPageForLater();
const client = createQueryClient();
const router = createPortalRouter(client);
const place = document.getElementById('root');
if (place)
  createRoot(place).render(
    <StrictMode>
      <GuildhallProvider i18n={i18n}>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </GuildhallProvider>
    </StrictMode>,
  );
