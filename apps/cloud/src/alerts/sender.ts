import type { Clock, Logger, Timer } from '@guildhall/kit';
import { isGuildhallError } from '@guildhall/rpc';
import type { DeliveryOutcome, DueDelivery, Store } from '../store/port.ts';
import { destinationOf, type DestinationRules } from './destination.ts';
import { mailOf } from './mail-words.ts';
import type { SendMail } from './mail.ts';
import { postWebhook } from './webhook.ts';

const lookEveryMs = 2_000;
const atOnce = 10;
const firstWaitMs = 10_000;
/** 10 s, 30 s, 90 s … about three hours in all. */
const waitGrowth = 3;
const maxAttempts = 8;
const keptMs = 30 * 86_400_000;
const pruneEveryMs = 3_600_000;
const maxErrorLength = 200;

export interface SenderOptions {
  readonly store: Pick<Store, 'alerts'>;
  readonly rules: DestinationRules;
  /** Undefined: this cloud cannot send e-mail. */
  readonly sendMail: SendMail | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Brings what the alerts say to where it must go, from a queue in the store: a restart loses nothing. */
export class Sender {
  readonly #options: SenderOptions;
  #timer: Timer | undefined;
  #round: Promise<void> | undefined;
  #prunedAtMs = -Infinity;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.setInterval(() => this.look(), lookEveryMs);
  }

  /** Sends what is due; never two rounds at once. */
  look(): void {
    this.#round ??= this.#send().finally(() => {
      this.#round = undefined;
    });
  }

  /** Idempotent; resolves when what is under way is done. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#round;
  }

  async #send(): Promise<void> {
    const { store, clock, logger } = this.#options;
    try {
      const due = await store.alerts.due(clock.now(), atOnce);
      await Promise.all(due.map((delivery) => this.attempt(delivery)));
      if (clock.now() - this.#prunedAtMs < pruneEveryMs) return;
      await store.alerts.pruneDeliveries(clock.now() - keptMs);
      this.#prunedAtMs = clock.now();
    } catch (error) {
      logger.sampled('alerts', 60_000).warn({ err: error }, 'alerts could not be sent yet');
    }
  }

  /** One attempt; its outcome is stored. @param mayRepeat whether it is tried again after a failure */
  async attempt(delivery: DueDelivery, mayRepeat = true): Promise<DeliveryOutcome> {
    const attempts = delivery.attempts + 1;
    const { statusCode, error } = await this.#try(delivery);
    const outcome = { attempts, statusCode, error, ...this.#next(mayRepeat ? attempts : maxAttempts, error) };
    await this.#options.store.alerts.attempted(delivery.id, outcome);
    return outcome;
  }

  #next(attempts: number, error: string | null): Pick<DeliveryOutcome, 'state' | 'nextAttemptMs'> {
    if (error === null) return { state: 'delivered', nextAttemptMs: null };
    if (attempts >= maxAttempts) return { state: 'failed', nextAttemptMs: null };
    const waitMs = firstWaitMs * waitGrowth ** (attempts - 1);
    return { state: 'waiting', nextAttemptMs: this.#options.clock.now() + waitMs };
  }

  async #try(delivery: DueDelivery): Promise<Pick<DeliveryOutcome, 'statusCode' | 'error'>> {
    try {
      if (delivery.kind === 'email') {
        await this.#mail(delivery);
        return { statusCode: null, error: null };
      }
      const { id: deliveryId, body, secret, address } = delivery;
      const destination = await destinationOf(address, this.#options.rules);
      const atMs = this.#options.clock.now();
      const statusCode = await postWebhook(destination, { deliveryId, body, secret: secret ?? '', atMs });
      const isGood = statusCode >= 200 && statusCode < 300;
      return { statusCode, error: isGood ? null : `The receiver answered ${statusCode}.` };
    } catch (error) {
      return { statusCode: null, error: sentenceOf(error) };
    }
  }

  async #mail({ address, subject, body }: DueDelivery): Promise<void> {
    const { sendMail } = this.#options;
    if (!sendMail) throw new Error('This cloud has no mail server. Its operator sets mail.host.');
    await sendMail({ to: address, ...mailOf(subject, body) });
  }
}

function sentenceOf(error: unknown): string {
  if (isGuildhallError(error)) return error.message.slice(0, maxErrorLength);
  const text = error instanceof Error ? error.message : String(error);
  return (
    error instanceof Error && error.name === 'TimeoutError' ? 'No answer within 10 seconds.' : text
  ).slice(0, maxErrorLength);
}
