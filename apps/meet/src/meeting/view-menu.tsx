import { Menu } from '@mantine/core';
import { Check, LayoutGrid } from 'lucide-react';
import { useWords } from '../words/words.ts';
import { BarButton } from './bar-button.tsx';
import { useMeetingContext } from './context.ts';

export const viewModes = ['auto', 'grid', 'speaker'] as const;

/** How people stand: as the meeting asks for, all alike, or who speaks large. */
export const ViewMenu = () => {
  const t = useWords();
  return (
    <Menu position="top" offset={12}>
      <Menu.Target>
        <BarButton icon={LayoutGrid} label={t('bar.view')} wideOnly />
      </Menu.Target>
      <Menu.Dropdown>
        <ViewItems />
      </Menu.Dropdown>
    </Menu>
  );
};

export const ViewItems = () => {
  const t = useWords();
  const { viewMode, setViewMode } = useMeetingContext();
  return viewModes.map((mode) => (
    <Menu.Item
      key={mode}
      role="menuitemradio"
      aria-checked={mode === viewMode}
      rightSection={mode === viewMode ? <Check size={16} aria-hidden /> : undefined}
      onClick={() => setViewMode(mode)}
    >
      {t(`view.${mode}`)}
    </Menu.Item>
  ));
};
