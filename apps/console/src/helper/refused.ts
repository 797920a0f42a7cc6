import type { NetworkRefusal } from '@guildhall/domain';

export type RefusalCode =
  | 'usage'
  | 'invalid'
  | 'pending'
  | 'nothing-pending'
  | 'not-permitted'
  | 'no-dhcp-client'
  | 'failed';

/** Why the helper did not do what it was asked; nothing was changed, or it was taken back. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: RefusalCode;
  readonly refusals: readonly NetworkRefusal[];

  constructor(code: RefusalCode, message: string, refusals: readonly NetworkRefusal[] = []) {
    super(message);
    this.code = code;
    this.refusals = refusals;
  }
}
