// oxlint-disable-next-line import/no-unassigned-import -- sets the library up, first, before any schema exists
import './zod-csp.ts';
import { GuildhallProvider } from '@guildhall/ui';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createQueryClient } from './api/queries.ts';
import { createConsoleRouter } from './shell/routes.tsx';
import './styles.css';
import { i18n } from './words/words.ts';

const client = createQueryClient();
const router = createConsoleRouter();
const place = document.getElementById('root');
if (place)
  createRoot(place).render(
    <StrictMode>
      <GuildhallProvider i18n={i18n} density="admin">
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </GuildhallProvider>
    </StrictMode>,
  );
