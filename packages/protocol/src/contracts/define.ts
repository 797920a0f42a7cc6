import { z } from 'zod';
import type { ErrorCode } from '../errors/index.ts';

export interface RequestDef {
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  /** Codes this request may answer beyond those every request may (`request.*`, `rate.limited`, `overloaded`, `internal`). */
  readonly errors: readonly ErrorCode[];
  /** `safe`: sending it twice has one effect, so a client may repeat it after a lost answer. */
  readonly retry: 'safe' | 'never';
}

/** What one side of a link serves (requests) and tells (events). */
export interface Half {
  readonly requests: Readonly<Record<string, RequestDef>>;
  readonly events: Readonly<Record<string, { readonly data: z.ZodType }>>;
}

/** Side `a` listens, side `b` dials. */
export interface Contract {
  readonly name: string;
  readonly version: number;
  /**
   * True for a link between our own processes, whose versions may differ: fields that the receiver does not know are
   * dropped. Else they are refused, as in all that people and pages send.
   */
  readonly dropsUnknownFields?: true;
  readonly a: Half;
  readonly b: Half;
}

/** Keeps the literal types of a contract, from which handlers and requests are typed. */
export const defineContract = <const C extends Contract>(contract: C): C => contract;

export const Empty = z.strictObject({});
export const Hello = {
  /** The contract version the sender speaks. */
  protocol: z.int().min(0).max(1000),
  /** Abilities of the sender; unknown names are ignored. */
  features: z.array(z.string().max(40)).max(50),
};
