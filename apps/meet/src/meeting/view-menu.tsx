import { Menu } from '@mantine/core';
import { LayoutGrid } from 'lucide-react';
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
  const choose = (chosen: string): void => {
    const mode = viewModes.find((one) => one === chosen);
    if (mode) setViewMode(mode);
  };
  return (
    <Menu.RadioGroup value={viewMode} onChange={choose}>
      {viewModes.map((mode) => (
        <Menu.RadioItem key={mode} value={mode} closeMenuOnClick>
          {t(`view.${mode}`)}
        </Menu.RadioItem>
      ))}
    </Menu.RadioGroup>
  );
};
