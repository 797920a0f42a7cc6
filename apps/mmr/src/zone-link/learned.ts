import type { NodeId, ZoneId } from '@guildhall/domain';
import { isLoopback, type Logger } from '@guildhall/kit';
import type { ZoneControllers } from '@guildhall/protocol';

export interface LearnedController {
  readonly nodeId: NodeId;
  /** Best first; never none. */
  readonly urls: readonly string[];
}

/** What a router keeps over its restarts of the controllers it was told of. */
export interface LearnedFacts {
  readonly zoneId: ZoneId;
  readonly controllers: readonly LearnedController[];
}

/** Where it is kept; a write that fails is told in the log by whoever does it. */
export interface LearnedStore {
  readonly kept: LearnedFacts | undefined;
  keep(facts: LearnedFacts): void;
}

/** Who says so, over which link. */
interface Teller {
  readonly controllerId: NodeId;
  readonly zoneId: ZoneId;
  readonly url: string;
}

/**
 * The controllers of the zone that this router was told of by one it is linked to, besides those it was configured with. The
 * newest revision of the policy counts; a controller may always correct itself. An address is taken only when a link there
 * would be as well protected as the one it was told over.
 */
export class Learned {
  readonly #store: LearnedStore;
  readonly #logger: Logger;
  #facts: LearnedFacts | undefined;
  /** Who said that last, by which revision; whatever is said first after a start counts. */
  #last: { readonly teller: NodeId; readonly rev: number } | undefined;
  #kept: string;

  constructor(store: LearnedStore, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
    this.#facts = store.kept;
    this.#kept = JSON.stringify(this.controllers);
  }

  get controllers(): readonly LearnedController[] {
    return this.#facts?.controllers ?? [];
  }

  told({ controllerId, zoneId, url }: Teller, { rev, controllers }: ZoneControllers): void {
    const isOld = this.#last !== undefined && rev < this.#last.rev && this.#last.teller !== controllerId;
    if (isOld && this.#facts?.zoneId === zoneId) return;
    this.#last = { teller: controllerId, rev };
    const taken = controllers.flatMap(({ nodeId, urls }) => {
      const good = urls.filter((one) => isAsSafe(one, url));
      if (good.length < urls.length) {
        const facts = { nodeId, refused: urls.length - good.length, toldBy: url };
        this.#logger.sampled('learned-address', 60_000).warn(facts, 'an address without TLS is not dialled');
      }
      return good.length > 0 ? [{ nodeId, urls: good }] : [];
    });
    this.#facts = { zoneId, controllers: taken };
  }

  /** Writes down what a start needs that cannot reach those who are configured. Does nothing when that is written. */
  keepBut(configured: ReadonlySet<string>): void {
    if (!this.#facts) return;
    const controllers = this.controllers.filter(({ nodeId }) => !configured.has(nodeId));
    const text = JSON.stringify(controllers);
    if (text === this.#kept) return;
    this.#kept = text;
    this.#store.keep({ ...this.#facts, controllers });
  }
}

/** Without TLS only within one machine, and only told by one that was reached so. */
const isAsSafe = (address: string, toldOver: string): boolean => {
  const url = new URL(address);
  if (url.protocol === 'wss:') return true;
  return isLoopback(url.hostname) && new URL(toldOver).protocol === 'ws:';
};
