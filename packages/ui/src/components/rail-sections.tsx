import type { LucideIcon } from 'lucide-react';
import type { MouseEvent } from 'react';
import classes from './layout.module.css';

export interface RailItem {
  readonly href: string;
  readonly label: string;
  /** A shorter word for the phone's bar, where the label does not fit. */
  readonly shortLabel?: string;
  readonly icon: LucideIcon;
  readonly active: boolean;
}

export interface RailSection {
  /** A small heading over the items; none for the first, unnamed section. */
  readonly heading?: string;
  readonly items: readonly RailItem[];
}

const isPlainClick = (event: MouseEvent): boolean =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

/**
 * The main navigation's links by section. Items are real links; a plain click is handed to `onNavigate` (the page's
 * router), any other kind opens as the browser would.
 */
export function RailSections({
  label,
  sections,
  onNavigate,
}: {
  /** The navigation's accessible name. */
  readonly label: string;
  readonly sections: readonly RailSection[];
  readonly onNavigate: (href: string) => void;
}) {
  return (
    <nav className={classes.nav} aria-label={label}>
      {sections.map((section, index) => (
        <div key={section.heading ?? index} className={classes.section}>
          {section.heading ? <p className={classes.heading}>{section.heading}</p> : null}
          <ul className={classes.items}>
            {section.items.map((item) => (
              <li key={item.href}>
                <a
                  className={classes.item}
                  href={item.href}
                  aria-current={item.active ? 'page' : undefined}
                  onClick={(event) => {
                    if (!isPlainClick(event)) return;
                    event.preventDefault();
                    onNavigate(item.href);
                  }}
                >
                  <item.icon size={20} aria-hidden />
                  <span className={classes.long}>{item.label}</span>
                  <span className={classes.short}>{item.shortLabel ?? item.label}</span>
                </a>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}
