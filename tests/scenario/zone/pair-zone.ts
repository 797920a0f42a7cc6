import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSigningKey, readRunFiles } from '@guildhall/kit';
import {
  ErrorEnvelope,
  meetingContract,
  protocolVersions,
  ZoneJoinAnswer,
  type NodeIdentity,
} from '@guildhall/protocol';
import { createPeer } from '@guildhall/rpc';
import { dialWs } from '@guildhall/rpc/ws-client';
import { freePort, until } from '@guildhall/testkit';
import { FakeCloud } from './fake-cloud.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** A TCP link of the zone that a test can cut and heal: connections are reset, new ones closed at once. */
class Relay {
  port = 0;
  #isCut = false;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  async start(): Promise<this> {
    await new Promise<void>((listening) => this.#server.listen(0, '127.0.0.1', listening));
    const address = this.#server.address();
    if (typeof address === 'object' && address) this.port = address.port;
    return this;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  heal(): void {
    this.#isCut = false;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((closed) => this.#server.close(() => closed()));
  }

  #join(client: Socket): void {
    if (this.#isCut) {
      client.destroy();
      return;
    }
    const server = connect(this.#target, '127.0.0.1');
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}

class Program {
  readonly directory: string;
  readonly #main: string;
  readonly #env: Record<string, string>;
  #child: ChildProcess | undefined;

  constructor(app: 'zctrl' | 'mmr', identity: NodeIdentity, env: Record<string, string>) {
    this.directory = mkdtempSync(join(tmpdir(), `guildhall-pair-${app}-`));
    this.#main = join(root, 'apps', app, 'src', 'main.ts');
    const prefix = `GUILDHALL_${app.toUpperCase()}_`;
    writeFileSync(join(this.directory, 'identity.json'), JSON.stringify(identity), { mode: 0o600 });
    this.#env = {
      [`${prefix}IDENTITY_FILE`]: join(this.directory, 'identity.json'),
      [`${prefix}DATA_DIR`]: join(this.directory, 'data'),
      [`${prefix}RUN_DIR`]: join(this.directory, 'run'),
      ...env,
    };
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async start(): Promise<void> {
    const shown = process.env['GUILDHALL_TEST_LOGS'] ? 'inherit' : 'ignore';
    const child = spawn(process.execPath, [this.#main], {
      stdio: ['ignore', shown, 'inherit'],
      env: { ...process.env, ...this.#env },
    });
    this.#child = child;
    const isThere = async () =>
      (await readRunFiles(join(this.directory, 'run'))).find(({ pid }) => pid === child.pid);
    await until('the start of a program', isThere);
  }

  signal(name: NodeJS.Signals): void {
    if (this.pid > 0) process.kill(this.pid, name);
  }

  async kill(name: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGCONT');
    child.kill(name);
    await gone;
  }

  loseDisk(): void {
    rmSync(join(this.directory, 'data'), { recursive: true, force: true });
  }

  async dispose(): Promise<void> {
    await this.kill('SIGTERM');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export type Half = 0 | 1;

/** Two real zone controllers and two real routers on loopback, every link between them over a relay. */
export class PairZone {
  readonly cloud = new FakeCloud();
  readonly controllers: Program[] = [];
  readonly routers: Program[] = [];
  readonly #ports: number[] = [];
  /** The link of a controller to the other one, by who dials. */
  readonly #pair: Relay[] = [];
  /** Router to controller. */
  readonly #routes = new Map<string, Relay>();

  /** @param routersKnow controllers that the routers are configured with; the others they have to learn */
  async start({ routersKnow = [0, 1] }: { routersKnow?: readonly Half[] } = {}): Promise<void> {
    await this.cloud.start();
    this.#ports.push(await freePort(), await freePort());
    for (const target of [this.#ports[1], this.#ports[0]])
      this.#pair.push(await new Relay(target ?? 0).start());
    for (const half of [0, 1] as const) {
      const identity = this.cloud.enlist('controller', await generateSigningKey());
      if (routersKnow.length < 2) this.cloud.locate(identity.nodeId, `http://127.0.0.1:${this.#ports[half]}`);
      this.controllers.push(
        new Program('zctrl', identity, {
          GUILDHALL_ZCTRL_PORT: String(this.#ports[half]),
          GUILDHALL_ZCTRL_PEERS: `ws://127.0.0.1:${this.#pair[half]?.port}/v1/pair`,
        }),
      );
    }
    for (const half of [0, 1] as const) {
      const urls: string[] = [];
      for (const to of routersKnow) {
        const relay = await new Relay(this.#ports[to] ?? 0).start();
        this.#routes.set(`${half} ${to}`, relay);
        urls.push(`ws://127.0.0.1:${relay.port}/v1/router`);
      }
      const identity = this.cloud.enlist('mmr', await generateSigningKey());
      this.routers.push(
        new Program('mmr', identity, {
          GUILDHALL_MMR_PORT: '0',
          GUILDHALL_MEDIA_PORT: '0',
          GUILDHALL_MMR_ICE_TCP_PORT: '0',
          GUILDHALL_MMR_WORKERS: '1',
          GUILDHALL_MMR_CONTROLLERS: urls.join(','),
        }),
      );
    }
    await Promise.all([...this.controllers, ...this.routers].map((program) => program.start()));
    await this.whole();
  }

  /** Until both controllers know both routers and each other. */
  async whole(): Promise<void> {
    for (const half of [0, 1] as const) {
      await until(`controller ${half} knows everybody`, async () => {
        const { pair, routers } = await this.state(half);
        return pair === 'connected' && routers === 2;
      });
    }
  }

  /** What a controller says of itself on its admin port. */
  async state(half: Half): Promise<{ pair: string; routers: number }> {
    const run = await readRunFiles(join(this.controllers[half]?.directory ?? '', 'run'));
    const answer = await fetch(`http://127.0.0.1:${run[0]?.adminPort}/debug/state`).catch(() => undefined);
    if (!answer?.ok) return { pair: 'away', routers: 0 };
    const told: { pair: { state: string }; routers: { state: string }[] } = JSON.parse(await answer.text());
    return {
      pair: told.pair.state,
      routers: told.routers.filter(({ state }) => state === 'connected').length,
    };
  }

  /** Controller 0 with router 0, controller 1 with router 1, nothing between. */
  split(): void {
    for (const relay of this.#pair) relay.cut();
    this.#routes.get('0 1')?.cut();
    this.#routes.get('1 0')?.cut();
  }

  cutPair(): void {
    for (const relay of this.#pair) relay.cut();
  }

  heal(): void {
    for (const relay of [...this.#pair, ...this.#routes.values()]) relay.heal();
  }

  /** Asks one controller, as long as its answer says that it may help. */
  async join(half: Half, body: { ticket: string } | { rejoin: string }): Promise<ZoneJoinAnswer> {
    return until('a join', async () => {
      const response = await this.rawJoin(half, body).catch(() => undefined);
      if (!response) return undefined;
      const answer: unknown = await response.json();
      if (response.ok) return ZoneJoinAnswer.parse(answer);
      const { error } = ErrorEnvelope.parse(answer);
      if (error.retryAfterMs === undefined) throw new Error(`${error.code}: ${error.message}`);
      return undefined;
    });
  }

  rawJoin(half: Half, body: unknown): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.#ports[half]}/v1/join`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'http://localhost:8080' },
      body: JSON.stringify(body),
    });
  }

  /** Goes to the router with the seat. @throws what the router refuses with */
  async enter(answer: ZoneJoinAnswer) {
    const pipe = await dialWs({
      url: answer.routerUrls[0] ?? '',
      headers: { origin: 'http://localhost:8080' },
    });
    const peer = createPeer({
      contract: meetingContract,
      side: 'b',
      pipe,
      handlers: {},
      limits: { maxMessageBytes: 8e6 },
    });
    const hello = await peer.request('hello', {
      protocol: protocolVersions.max,
      features: [],
      seat: answer.seat,
    });
    return { peer, hello, answer };
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.controllers, ...this.routers].map((program) => program.dispose()));
    await Promise.all([...this.#pair, ...this.#routes.values()].map((relay) => relay.close()));
    await this.cloud.stop();
  }
}
