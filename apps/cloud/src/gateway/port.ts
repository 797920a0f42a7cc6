import type { UserId } from '@guildhall/domain';

/** Who a page belongs to. */
export interface SignedIn {
  readonly userId: UserId;
  /** Names the session, so that it can be asked about again. */
  readonly tokenHash: string;
}

/** What the gateway asks about sessions. */
export interface SessionLookup {
  /** By the `Cookie` header of an upgrade. */
  find(cookieHeader: string | undefined): Promise<SignedIn | undefined>;
  isOpen(tokenHash: string): Promise<boolean>;
}
