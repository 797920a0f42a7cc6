import { Alert } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  AppearanceMenu,
  Dialog,
  IconButton,
  LanguageMenu,
  Logo,
  SkipLink,
  useFocusOnPage,
  useLanguage,
} from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { useLocation } from '@tanstack/react-router';
import { Eye, Menu as MenuIcon, TriangleAlert } from 'lucide-react';
import { useEffect, type ReactNode } from 'react';
import { meQuery, statusQuery } from '../api/queries.ts';
import { momentText } from '../lib/format.ts';
import pageClasses from '../pages/pages.module.css';
import { useText } from '../words/words.ts';
import { Headline } from './headline.tsx';
import { pages } from './pages.ts';
import { PersonMenu } from './person-menu.tsx';
import { Rail } from './rail.tsx';
import classes from './shell.module.css';

/** Top bar, rail, and the sentence about this server which stands over every page. */
export function Frame({ children }: { readonly children: ReactNode }) {
  const t = useText('app');
  const nav = useText('nav');
  const { language } = useLanguage();
  const { data: me } = useQuery(meQuery);
  const { data: status, isError: stale } = useQuery(statusQuery);
  const [menu, menuDialog] = useDisclosure(false);
  const path = useLocation({ select: (location) => location.pathname });
  const page = pages.find((one) => one.path === path);
  const title = page ? nav(page.label) : t('lost.title');
  useEffect(() => {
    document.title = `${title} · ${t('console')} · Guildhall`;
  }, [title, t]);
  useFocusOnPage(path);
  if (!me) return null;
  return (
    <>
      <SkipLink />
      <header className={pageClasses.top}>
        <div className={classes.bar}>
          <span className={classes.burger}>
            <IconButton icon={MenuIcon} label={nav('open')} onClick={menuDialog.open} />
          </span>
          <Logo size={22} />
          <div className={classes.menus}>
            <span className={classes.choices}>
              <LanguageMenu />
              <AppearanceMenu />
            </span>
            <PersonMenu me={me} />
          </div>
        </div>
      </header>
      <Dialog opened={menu} onClose={menuDialog.close} title={nav('open')}>
        <div className={classes.menu}>
          <Rail onNavigate={menuDialog.close} />
        </div>
      </Dialog>
      <div className={classes.body}>
        <div className={classes.side}>
          <Rail />
        </div>
        <main id="main" className={classes.content} tabIndex={-1}>
          {status ? <Headline status={status} /> : null}
          {stale && status ? (
            <Alert color="amber" variant="light" icon={<TriangleAlert size={18} aria-hidden />}>
              {t('stale', { time: momentText(status.timeMs, language) })}
            </Alert>
          ) : null}
          {me.authority === 'operate' ? null : (
            <Alert color="brand" variant="light" icon={<Eye size={18} aria-hidden />}>
              {t('viewOnly')}
            </Alert>
          )}
          {children}
        </main>
      </div>
    </>
  );
}
