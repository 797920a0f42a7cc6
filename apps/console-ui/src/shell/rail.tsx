import { Link, useLocation } from '@tanstack/react-router';
import { useText } from '../words/words.ts';
import { pages, type PageEntry } from './pages.ts';
import classes from './shell.module.css';

const groups = ['network', 'server', 'access', 'care'] as const satisfies readonly PageEntry['group'][];

/** The pages by group; at the left of a desk, in the menu of a phone. */
export function Rail({ onNavigate }: { readonly onNavigate?: () => void }) {
  const t = useText('nav');
  const path = useLocation({ select: (location) => location.pathname });
  return (
    <nav aria-label={t('label')} className={classes.nav}>
      {groups.map((group) => {
        const entries = pages.filter((page) => page.group === group);
        if (entries.length === 0) return null;
        return (
          <div key={group}>
            <p className={classes.group}>{t(`groups.${group}`)}</p>
            <ul className={classes.items}>
              {entries.map((page) => (
                <li key={page.path}>
                  <Link
                    to={page.path}
                    className={classes.item ?? ''}
                    aria-current={page.path === path ? 'page' : undefined}
                    {...(onNavigate && { onClick: onNavigate })}
                  >
                    <page.icon size={18} aria-hidden />
                    {t(page.label)}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}
