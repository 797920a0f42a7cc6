import {
  createTheme,
  defaultVariantColorsResolver,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  type MantineThemeOverride,
} from '@mantine/core';

/** Who reads the page: people get 15/22 text, administrators the denser 14/20. */
export type Density = 'people' | 'admin';

/** Colours a component may be given by name; each has filled, tint and text tokens in tokens.css. */
const TONES = ['brand', 'good', 'amber', 'bad'] as const;

const flat = (value: string): MantineColorsTuple => [
  value,
  value,
  value,
  value,
  value,
  value,
  value,
  value,
  value,
  value,
];

const v = (token: string): string => `var(--gh-${token})`;

/** Library internals ask for steps of gray (light) or dark (dark); both ramps lead to the same tokens. */
const grayRamp: MantineColorsTuple = [
  v('hover'),
  v('hover'),
  v('line'),
  v('line'),
  v('line-strong'),
  v('ink-soft'),
  v('ink-soft'),
  v('ink'),
  v('ink'),
  v('ink'),
];
const darkRamp: MantineColorsTuple = [
  v('ink'),
  v('ink-soft'),
  v('ink-soft'),
  v('line-strong'),
  v('line'),
  v('hover'),
  v('surface'),
  v('paper'),
  v('paper'),
  v('paper'),
];

const inkOf = (color: string | undefined): string =>
  v(`${TONES.find((tone) => tone === color) ?? 'brand'}-ink`);

/**
 * The component library's theme, built only from the tokens of tokens.css.
 * @param closeLabel name of the cross on a toast, in the language of the page
 */
export function createGuildhallTheme(density: Density, closeLabel: string): MantineThemeOverride {
  const people = density === 'people';
  return createTheme({
    primaryColor: 'brand',
    colors: {
      brand: flat(v('brand')),
      good: flat(v('good')),
      amber: flat(v('amber')),
      bad: flat(v('bad')),
      red: flat(v('bad')),
      gray: grayRamp,
      dark: darkRamp,
    },
    black: v('ink'),
    fontFamily: "'Inter Variable', ui-sans-serif, system-ui, sans-serif",
    fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', Consolas, monospace",
    defaultRadius: 'md',
    radius: { xs: '4px', sm: '6px', md: '10px', lg: '14px', xl: '20px' },
    spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
    fontSizes: { xs: '12px', sm: '14px', md: people ? '15px' : '14px', lg: '17px', xl: '20px' },
    lineHeights: { xs: '1.3334', sm: '1.4286', md: people ? '1.4667' : '1.4286', lg: '1.4118', xl: '1.4' },
    shadows: { xs: 'none', sm: v('shadow'), md: v('shadow'), lg: v('shadow'), xl: v('shadow') },
    headings: {
      fontWeight: '640',
      sizes: {
        h1: { fontSize: people ? '26px' : '22px', lineHeight: people ? '34px' : '30px' },
        h2: { fontSize: people ? '18px' : '16px', lineHeight: '24px' },
        h3: { fontSize: people ? '15px' : '14px', lineHeight: '20px' },
      },
    },
    focusRing: 'auto',
    cursorType: 'pointer',
    respectReducedMotion: true,
    variantColorResolver: (input) => {
      const resolved = defaultVariantColorsResolver(input);
      if (input.variant === 'filled') return { ...resolved, color: inkOf(input.color) };
      return input.variant === 'default' ? { ...resolved, border: `1px solid ${v('line-mid')}` } : resolved;
    },
    components: {
      Button: { defaultProps: { fw: 560 } },
      // Scroll is held by base.css: the library's lock writes a style element without a nonce.
      ModalRoot: {
        defaultProps: { centered: true, transitionProps: { duration: 140 }, radius: 'lg', lockScroll: false },
      },
      DrawerRoot: { defaultProps: { transitionProps: { duration: 160 }, lockScroll: false } },
      Input: { classNames: { wrapper: 'gh-input' } },
      Switch: { defaultProps: { withThumbIndicator: false }, classNames: { track: 'gh-switch' } },
      Tooltip: { defaultProps: { openDelay: 300, transitionProps: { duration: 120 }, fz: 'xs' } },
      // In place, so that its words stand inside a landmark; pass withinPortal where a box would clip it.
      Menu: {
        defaultProps: {
          withinPortal: false,
          withInitialFocusPlaceholder: false,
          shadow: 'md',
          transitionProps: { duration: 120 },
        },
      },
      Paper: { defaultProps: { radius: 'md' } },
      Notification: { defaultProps: { closeButtonProps: { 'aria-label': closeLabel } } },
      Table: { defaultProps: { verticalSpacing: 'sm' } },
    },
  });
}

const toneVariables = (tone: string, text: string): Record<string, string> => ({
  [`--mantine-color-${tone}-filled`]: v(tone),
  [`--mantine-color-${tone}-filled-hover`]: v(`${tone}-hover`),
  [`--mantine-color-${tone}-light`]: v(`${tone}-tint`),
  [`--mantine-color-${tone}-light-hover`]: tone === 'brand' ? v('brand-tint-hover') : v(`${tone}-tint`),
  [`--mantine-color-${tone}-light-color`]: v(text),
  [`--mantine-color-${tone}-outline`]: v(text),
  [`--mantine-color-${tone}-outline-hover`]: v(`${tone}-tint`),
  [`--mantine-color-${tone}-text`]: v(text),
});

const tokenVariables: Record<string, string> = {
  ...toneVariables('brand', 'brand'),
  ...toneVariables('good', 'good-text'),
  ...toneVariables('amber', 'amber-text'),
  ...toneVariables('bad', 'bad-text'),
  ...toneVariables('gray', 'ink'),
  '--mantine-color-gray-filled': v('ink-soft'),
  '--mantine-color-gray-filled-hover': v('ink'),
  '--mantine-color-gray-light': v('hover'),
  '--mantine-color-gray-light-hover': v('line'),
  '--mantine-color-gray-outline-hover': v('hover'),
  '--mantine-primary-color-contrast': v('brand-ink'),
  '--mantine-color-bright': v('ink'),
  '--mantine-color-text': v('ink'),
  '--mantine-color-body': v('paper'),
  '--mantine-color-error': v('bad-text'),
  '--mantine-color-success': v('good-text'),
  '--mantine-color-placeholder': v('ink-soft'),
  '--mantine-color-anchor': v('brand'),
  '--mantine-color-default': v('surface'),
  '--mantine-color-default-hover': v('hover'),
  '--mantine-color-default-color': v('ink'),
  '--mantine-color-default-border': v('line-strong'),
  '--mantine-color-dimmed': v('ink-soft'),
  '--mantine-color-disabled': v('hover'),
  '--mantine-color-disabled-color': v('ink-soft'),
  '--mantine-color-disabled-border': v('line'),
};

/** Points the library's own variables at the tokens, in both schemes alike (the tokens themselves flip). */
export const resolveCssVariables: CSSVariablesResolver = () => ({
  variables: {},
  // Library rules use white as a ground in the light scheme and as a text in the dark one.
  light: { ...tokenVariables, '--mantine-color-white': v('surface') },
  dark: { ...tokenVariables, '--mantine-color-white': v('ink') },
});
