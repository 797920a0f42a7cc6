import type { NodeIdentity, ServiceName } from '@guildhall/protocol';

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
  setPassword(username: string, passwordHash: string): void;
}
