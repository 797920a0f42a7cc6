import type { NodeIdentity, Pairing, ServiceName, ServiceStatus } from '@guildhall/protocol';
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
  readonly pairer: { readonly state: z.output<typeof Pairing> };
  /** Undefined when the service does not answer. */
  readonly probe: { stateOf(name: ServiceName, pid: number): Promise<ZoneState | undefined> };
}
