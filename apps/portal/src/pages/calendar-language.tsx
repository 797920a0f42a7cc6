import { DatesProvider } from '@mantine/dates';
import '@mantine/dates/styles.layer.css';
import { useLanguage } from '@guildhall/ui';
import dayjs from 'dayjs';
import spanish from 'dayjs/locale/es';
import type { ReactNode } from 'react';

// Known by name from here on; the global locale stays as it is.
dayjs.locale(spanish, undefined, true);

/** Calendars below speak the language of the page. Weeks begin on Monday. */
export function CalendarLanguage({ children }: { readonly children: ReactNode }) {
  const { language } = useLanguage();
  return <DatesProvider settings={{ locale: language, firstDayOfWeek: 1 }}>{children}</DatesProvider>;
}
