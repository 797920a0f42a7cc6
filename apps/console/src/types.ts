import type { NodeIdentity, Pairing, ServiceName, ServiceState, ServiceStatus } from '@guildhall/protocol';
import type { z } from 'zod';

/** The ports through which the folders of this app know each other; main.ts joins them. */

export interface IdentityPort {
  /** Undefined until the node is paired. */
  readonly current: NodeIdentity | undefined;
}

export interface WantedPort {
  wantedOf(name: ServiceName): 'running' | 'stopped';
  /** Returns after the commit. */
  want(name: ServiceName, wanted: 'running' | 'stopped'): void;
}

/** What the next console has to know of a service. */
export interface ServiceMemory {
  /** `birth` see `processBirth`; `version` of the product it was started with, null when nobody knows. */
  readonly process: {
    readonly pid: number;
    readonly birth: string;
    readonly version: string | null;
  } | null;
  readonly state: ServiceState;
  readonly sinceMs: number;
  readonly restarts: number;
  readonly lastExit: ServiceStatus['lastExit'];
}

export interface ServiceMemoryPort {
  recall(name: ServiceName): ServiceMemory | undefined;
  /** Returns after the commit. */
  keep(name: ServiceName, memory: ServiceMemory): void;
}

export interface DrainMemoryPort {
  recallDrain(): { readonly pid: number; readonly sinceMs: number; readonly untilMs: number } | undefined;
  keepDrain(
    drain: { readonly pid: number; readonly sinceMs: number; readonly untilMs: number } | undefined,
  ): void;
}

export interface StoredUser {
  readonly username: string;
  readonly passwordHash: string;
  readonly authority: 'operate' | 'view';
  readonly passwordChangeRequired: boolean;
}

export interface UsersPort {
  readonly isEmpty: boolean;
  find(username: string): StoredUser | undefined;
  add(user: StoredUser): void;
  /** In the order of their names. */
  list(): StoredUser[];
  remove(username: string): void;
  setAuthority(username: string, authority: StoredUser['authority']): void;
  setPassword(username: string, passwordHash: string, changeRequired: boolean): void;
}

/** What a running service tells of itself. */
export interface ZoneState {
  readonly meetings: number;
  readonly participants: number;
  /** Takes no new meetings. */
  readonly draining: boolean;
  /** Those of the zone; told by a zone controller. */
  readonly routers?: readonly { readonly nodeId: string; readonly state: string }[] | undefined;
  /** Of a router: every controller it was told of says that this node is not of its zone. */
  readonly isStranger?: boolean;
  /** The oldest version the account lets host meetings; told by a zone controller, or to a router by one. */
  readonly minimum?: { readonly version: string; readonly fromMs: number } | undefined;
  /** The link to the other controller of the zone; told by a zone controller. */
  readonly pair?: { readonly state: 'single' | 'connected' | 'alone'; readonly sinceMs: number } | undefined;
  readonly cloud?: { readonly state: 'connected' | 'connecting'; readonly sinceMs: number } | undefined;
}

/** The gentle stop of the router. */
export interface DrainPort {
  readonly current: ServiceStatus['drain'];
}

/** What the status page is put together from. */
export interface StatusSources {
  readonly supervisor: { readonly status: readonly ServiceStatus[] };
  readonly drain: DrainPort;
  readonly limits: { use(name: ServiceName, pid: number): ServiceStatus['memory'] };
  readonly pairer: { readonly state: z.output<typeof Pairing> };
  /** Undefined when the service does not answer. */
  readonly probe: { stateOf(name: ServiceName, pid: number): Promise<ZoneState | undefined> };
}
