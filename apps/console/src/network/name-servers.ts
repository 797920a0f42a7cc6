import { Resolver } from 'node:dns/promises';
import type { Clock } from '@guildhall/kit';

/** Two round trips over a slow line; an administrator waits for it in front of the plan. */
export const dnsAnswerWithinMs = 2_000;

/** One question under way. */
interface Question {
  /** Whether anything came back, be it a refusal: then a DNS server is there. Never rejects. */
  readonly isAnswered: Promise<boolean>;
  /** Idempotent. */
  readonly cancel: () => void;
}
export type AskNameServer = (address: string) => Question;

/** No answer at all, as opposed to one that says no (c-ares codes, as of `node:dns`). */
const silence = new Set(['ETIMEOUT', 'ECONNREFUSED', 'ECANCELLED', 'ENETUNREACH', 'EHOSTUNREACH']);

/**
 * Asks one server for the name servers of the root, which every resolver knows and which says nothing about us. The
 * resolver of the machine is not used: the servers typed in are not in force yet.
 */
export const askNameServer: AskNameServer = (address) => {
  // Two tries, because a single lost packet is no reason for a warning; the caller's time-out is above both.
  const resolver = new Resolver({ timeout: dnsAnswerWithinMs / 4, tries: 2 });
  resolver.setServers([address]);
  const isAnswered = resolver.resolveNs('.').then(
    () => true,
    (error: unknown) => !(error instanceof Error && 'code' in error && silence.has(String(error.code))),
  );
  return { isAnswered, cancel: () => resolver.cancel() };
};

/** Which of the servers do not answer within {@link dnsAnswerWithinMs}, in their order. All are asked at once. */
export async function silentNameServers(
  addresses: readonly string[],
  { ask, clock }: { readonly ask: AskNameServer; readonly clock: Pick<Clock, 'setTimeout'> },
): Promise<string[]> {
  const answers = await Promise.all(
    addresses.map(async (address) => {
      const { isAnswered, cancel } = ask(address);
      const { promise: isLate, resolve } = Promise.withResolvers<false>();
      using _timer = clock.setTimeout(() => resolve(false), dnsAnswerWithinMs);
      try {
        return await Promise.race([isAnswered, isLate]);
      } finally {
        cancel();
      }
    }),
  );
  return addresses.filter((_address, index) => answers[index] !== true);
}
