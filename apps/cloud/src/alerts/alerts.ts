import type { Clock, Logger } from '@guildhall/kit';
import type { Bus } from '../bus/port.ts';
import type { Ids } from '../ids.ts';
import type { Store } from '../store/port.ts';
import type { DestinationRules } from './destination.ts';
import { createMailer, type MailConfig } from './mail.ts';
import { Sender } from './sender.ts';
import { Watcher, type Watched } from './watcher.ts';

export interface AlertsOptions {
  readonly store: Store;
  readonly bus: Bus;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly watched: Watched;
  readonly rules: DestinationRules;
  /** Undefined: no e-mail. */
  readonly mail: MailConfig | undefined;
  /** Whether this process has the role `monitor`: it looks at the rules and sends. */
  readonly isWatching: boolean;
  readonly onClose: (name: string, close: () => void | Promise<void>) => void;
}

/** Begins to look at the rules; the sender is also there for tests by hand. */
export function startAlerts(options: AlertsOptions): Sender {
  const { store, bus, ids, clock, logger, watched, rules, mail, isWatching, onClose } = options;
  const sendMail = mail && createMailer(mail);
  const sender = new Sender({ store, rules, sendMail, clock, logger });
  onClose('alert sender', () => sender.close());
  if (!isWatching) return sender;
  const watcher = new Watcher({ store, watched, bus, ids, clock, logger });
  onClose('alert rules', () => watcher.close());
  watcher.start();
  sender.start();
  return sender;
}
