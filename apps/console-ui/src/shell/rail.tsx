import { RailSections } from '@guildhall/ui';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { useText } from '../words/words.ts';
import { BASE_PATH, pages, type PageEntry } from './pages.ts';

const groups = ['network', 'server', 'access', 'care'] as const satisfies readonly PageEntry['group'][];

/** The pages by group; at the left of a desk, in the menu of a phone. */
export function Rail({ onNavigate }: { readonly onNavigate?: () => void }) {
  const t = useText('nav');
  const navigate = useNavigate();
  const path = useLocation({ select: (location) => location.pathname });
  const sections = groups.map((group) => ({
    heading: t(`groups.${group}`),
    items: pages
      .filter((page) => page.group === group)
      .map((page) => ({
        href: `${BASE_PATH}${page.path}`,
        label: t(page.label),
        icon: page.icon,
        active: page.path === path,
      })),
  }));
  return (
    <RailSections
      label={t('label')}
      sections={sections}
      onNavigate={(href) => {
        onNavigate?.();
        void navigate({ to: href.slice(BASE_PATH.length) });
      }}
    />
  );
}
