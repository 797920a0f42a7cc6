import { Button, Menu, SegmentedControl } from '@mantine/core';
import { Check, Languages, Monitor, Moon, Sun } from 'lucide-react';
import { useLanguage } from '../i18n/create-i18n.ts';
import { LANGUAGE_NAMES, LANGUAGES } from '../i18n/types.ts';
import { useUiText } from '../i18n/use-ui-text.ts';
import { useAppearance, type Appearance } from '../theme/appearance.ts';

const APPEARANCES = [
  { value: 'auto', icon: Monitor },
  { value: 'light', icon: Sun },
  { value: 'dark', icon: Moon },
] as const satisfies readonly { readonly value: Appearance; readonly icon: unknown }[];

/** The language of the page, each in its own words. */
export function LanguageMenu() {
  const t = useUiText();
  const { language, setLanguage } = useLanguage();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="sm"
          leftSection={<Languages size={18} aria-hidden />}
          aria-label={`${t('language.label')}: ${LANGUAGE_NAMES[language]}`}
        >
          {LANGUAGE_NAMES[language]}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {LANGUAGES.map((option) => (
          <Menu.Item
            key={option}
            lang={option}
            rightSection={option === language ? <Check size={16} aria-hidden /> : undefined}
            aria-current={option === language ? 'true' : undefined}
            onClick={() => setLanguage(option)}
          >
            {LANGUAGE_NAMES[option]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** Light, dark or as the system has it, in a small menu. */
export function AppearanceMenu() {
  const t = useUiText();
  const { appearance, shown, setAppearance } = useAppearance();
  const Shown = shown === 'dark' ? Moon : Sun;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="sm"
          leftSection={<Shown size={18} aria-hidden />}
          aria-label={`${t('appearance.label')}: ${t(`appearance.${appearance}`)}`}
        >
          {t(`appearance.${appearance}`)}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {APPEARANCES.map(({ value, icon: Icon }) => (
          <Menu.Item
            key={value}
            leftSection={<Icon size={16} aria-hidden />}
            rightSection={value === appearance ? <Check size={16} aria-hidden /> : undefined}
            aria-current={value === appearance ? 'true' : undefined}
            onClick={() => setAppearance(value)}
          >
            {t(`appearance.${value}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** The same choice laid open, for a settings page. */
export function AppearanceControl() {
  const t = useUiText();
  const { appearance, setAppearance } = useAppearance();
  return (
    <SegmentedControl
      aria-label={t('appearance.label')}
      value={appearance}
      data={APPEARANCES.map(({ value }) => ({ value, label: t(`appearance.${value}`) }))}
      onChange={(next) => {
        const found = APPEARANCES.find(({ value }) => value === next);
        if (found) setAppearance(found.value);
      }}
    />
  );
}

/** Language laid open, for a settings page. */
export function LanguageControl() {
  const t = useUiText();
  const { language, setLanguage } = useLanguage();
  return (
    <SegmentedControl
      aria-label={t('language.label')}
      value={language}
      data={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
      onChange={(next) => {
        const found = LANGUAGES.find((value) => value === next);
        if (found) setLanguage(found);
      }}
    />
  );
}
