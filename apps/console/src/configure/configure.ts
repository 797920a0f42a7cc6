import { networkInterfaces } from 'node:os';
import { checkConfigure, networkSentence, type ConfigureFacts } from '@guildhall/domain';
import { SerialQueue } from '@guildhall/kit';
import type { ConfigureRequest, ConfigureView } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { z } from 'zod';
import type { ChoiceFile } from './choice-file.ts';
import type { AddressesPort, PairerPort } from './types.ts';

interface ConfigurerOptions {
  readonly pairer: PairerPort;
  readonly network: AddressesPort;
  readonly choice: ChoiceFile;
  /** Whether this console listens on loopback only: then everything runs on this machine. */
  readonly isLoopback: boolean;
}

const loopback = '127.0.0.1';

/** What this VM is and where its zone is: one form, and the enrolment. */
export class Configurer {
  readonly #options: ConfigurerOptions;
  readonly #queue = new SerialQueue({ name: 'Configure', maxLength: 5 });

  constructor(options: ConfigurerOptions) {
    this.#options = options;
  }

  async view(): Promise<z.output<typeof ConfigureView>> {
    const { pairer, network, choice, isLoopback } = this.#options;
    const { primary, alias } = await network.addresses();
    const first = isLoopback ? loopback : (primary ?? '');
    const filledIn = {
      role: pairer.state.role ?? 'controller',
      zcAddress: first,
      mmrAddress: isLoopback ? loopback : (alias ?? first),
      otherZcAddress: '',
    } as const;
    return { ...(choice.current ?? filledIn), ...(await this.#facts()), pairing: pairer.state };
  }

  /**
   * Stores the addresses and enrols this VM with the cloud. Whatever fails leaves the old ones.
   * @throws GuildhallError `network.invalid` naming the field and the rule, and what pairing fails with
   */
  submit(request: z.output<typeof ConfigureRequest>): Promise<z.output<typeof ConfigureView>> {
    return this.#queue.run(async () => {
      const { pairer, choice } = this.#options;
      const { token, controlUrl, ...wanted } = request;
      const [first, ...more] = checkConfigure(wanted, await this.#facts());
      if (first) {
        const refusals = [first, ...more];
        throw new GuildhallError('network.invalid', refusals.map(networkSentence).join(' '), {
          field: first.field,
          details: { refusals },
        });
      }
      const before = choice.current;
      await choice.replace(wanted);
      try {
        await pairer.pair({ token, controlUrl, role: wanted.role });
      } catch (error) {
        await choice.replace(before);
        throw error;
      }
      return this.view();
    });
  }

  async #facts(): Promise<ConfigureFacts & { readonly own: string[] }> {
    const { network, isLoopback } = this.#options;
    const { alias } = await network.addresses();
    const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    return {
      own: all
        .filter(({ family, internal }) => family === 'IPv4' && (isLoopback || !internal))
        .map((one) => one.address),
      oneAddress: isLoopback || alias === undefined,
      allowLoopback: isLoopback,
    };
  }
}
