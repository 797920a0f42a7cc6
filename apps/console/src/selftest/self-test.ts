import { getCACertificates } from 'node:tls';
import { randomBytes } from 'node:crypto';
import type { Clock, Logger } from '@guildhall/kit';
import type { Outbound } from '@guildhall/kit/outbound';
import {
  selfTestChecks,
  type ConsoleCertificates,
  type SelfTestResult,
  type SelfTestState,
  type ServiceStatus,
} from '@guildhall/protocol';
import type { IdentityPort } from '../types.ts';
import { checkClock, checkCloud, checkControl, checkDns, checkTls, notPaired } from './cloud-checks.ts';
import {
  checkCertificate,
  checkController,
  checkDisk,
  checkMedia,
  checkRouter,
  checkServices,
} from './local-checks.ts';
import { lookAt, type Look } from './look.ts';
import { fail, type Outcome } from './outcome.ts';

interface SelfTestOptions {
  readonly identity: IdentityPort;
  readonly extraCa: readonly string[];
  readonly outbound: () => Outbound;
  readonly runDir: string;
  readonly dataDir: string;
  readonly services: () => readonly ServiceStatus[];
  readonly certificates: () => ConsoleCertificates;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Check = SelfTestResult['check'];

/** Looks at everything a connector needs, and says of each whether it is there. One run at a time. */
export class SelfTest {
  readonly #options: SelfTestOptions;
  #state: SelfTestState = { startedAtMs: null, finishedAtMs: null, results: [] };
  #running: Promise<void> | undefined;

  constructor(options: SelfTestOptions) {
    this.#options = options;
  }

  get runDir(): string {
    return this.#options.runDir;
  }

  get state(): SelfTestState {
    return this.#state;
  }

  /** Begins a run, unless one is under way. */
  begin(): SelfTestState {
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return this.#state;
  }

  /** Runs it, or waits for the run under way; for what is to contain its results. */
  async finished(): Promise<SelfTestState> {
    this.begin();
    await this.#running;
    return this.#state;
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options;
    const results = selfTestChecks.map((check): SelfTestResult => ({
      check,
      state: 'running',
      reason: '',
      values: {},
    }));
    this.#state = { startedAtMs: clock.now(), finishedAtMs: null, results };
    const checks = this.#checks();
    await Promise.all(
      selfTestChecks.map(async (check) => {
        const outcome = await checks[check]().catch((error: unknown) => {
          logger.error({ err: error, check }, 'a check of the self-test failed itself');
          return fail('broken');
        });
        this.#state = {
          ...this.#state,
          results: this.#state.results.map((result) =>
            result.check === check ? { check, ...outcome } : result,
          ),
        };
      }),
    );
    this.#state = { ...this.#state, finishedAtMs: clock.now() };
  }

  #checks(): Record<Check, () => Promise<Outcome>> {
    const { identity, outbound, runDir, dataDir, services, certificates, clock } = this.#options;
    const node = identity.current;
    const cloud = node && new URL(node.controlUrl);
    // Asked without a session the cloud refuses, in words only it uses.
    const web = cloud && this.#look(new URL('/api/v1/me', cloud));
    const withLook = (judge: (look: Look, cloud: URL) => Outcome) => async (): Promise<Outcome> =>
      cloud && web ? judge(await web, cloud) : notPaired;
    return {
      dns: async () => (cloud ? checkDns(cloud, outbound().proxyFor(cloud)) : notPaired),
      cloud: withLook(checkCloud),
      control: async () => {
        if (!cloud) return notPaired;
        const control = new URL('/control', cloud);
        return checkControl(await this.#look(control, upgradeHeaders()), control);
      },
      tls: withLook(checkTls),
      clock: withLook(checkClock),
      controller: async () => (node ? checkController(runDir, node.role === 'controller') : notPaired),
      router: async () => (node ? checkRouter(runDir) : notPaired),
      media: async () => (node ? checkMedia(runDir) : notPaired),
      services: async () => (node ? checkServices(services()) : notPaired),
      certificate: async () => checkCertificate(certificates(), clock.now()),
      disk: () => checkDisk(dataDir),
    };
  }

  #look(url: URL, headers: Readonly<Record<string, string>> = {}): Promise<Look> {
    const { extraCa, identity, outbound, clock } = this.#options;
    const own = identity.current?.tls.authorityPem;
    const ca = [...getCACertificates('default'), ...extraCa, ...(own === undefined ? [] : [own])];
    return lookAt({ url, ca, headers, outbound: outbound(), now: () => clock.now() });
  }
}

/** RFC 6455 §4.1. */
const upgradeHeaders = (): Record<string, string> => ({
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': randomBytes(16).toString('base64'),
});
