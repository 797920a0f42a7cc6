import type { Pairing, PairRequest } from '@guildhall/protocol';
import type { z } from 'zod';

/** The parts of the app that Configure stands on. */
export interface PairerPort {
  readonly state: z.output<typeof Pairing>;
  pair(request: z.output<typeof PairRequest>): Promise<z.output<typeof Pairing>>;
}

/** What Configure asks of the network settings. */
export interface AddressesPort {
  /** The addresses of eth0 and eth0:0 as they are to be: what the form is filled in with. */
  addresses(): Promise<{ readonly primary: string | undefined; readonly alias: string | undefined }>;
}
