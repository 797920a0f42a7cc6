// oxlint-disable-next-line import/no-unassigned-import -- sets the library up, first, before any schema exists
import './zod-csp.ts';
import { GuildhallProvider } from '@guildhall/ui';
import { keepPageForLater } from '@guildhall/rest-client/worker';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { loadEngine } from './app/engine.ts';
import { readAddress } from './lib/address.ts';
import './styles.css';
import { i18n } from './words/words.ts';

loadEngine().catch(() => undefined);
keepPageForLater();

const place = document.getElementById('root');
if (place)
  createRoot(place).render(
    <GuildhallProvider i18n={i18n}>
      <App address={readAddress(window.location)} />
    </GuildhallProvider>,
  );
