import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { aptInstall, mayInstall, run, type BotEngine } from '@guildhall/bots';
import { freePortBlock } from '@guildhall/testkit';
import { JanusLink } from './janus-link.ts';
import { publisherOffer, remoteSide, subscriberAnswer, type LocalSide } from './janus-sdp.ts';
import { measure, patternOf, pause, warmUpMs, type Contender, type Measured, type Shape } from './shape.ts';

const binary = '/usr/bin/janus';
const libraries = '/usr/lib/x86_64-linux-gnu/janus';
const firstRoom = 1_000;

/** Janus does not offer loopback addresses; packets to the machine's own address take the same way. */
const ownAddress = (): string =>
  Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';

const writeConfig = async (directory: string, port: number): Promise<void> => {
  await writeFile(
    join(directory, 'janus.jcfg'),
    `general: { configs_folder = "${directory}" plugins_folder = "${libraries}/plugins" transports_folder = "${libraries}/transports" debug_level = 2 server_name = "bench" }
certificates: { }
media: { rtp_port_range = "20000-40000" }
nat: { ice_lite = true full_trickle = false ice_enforce_list = "${ownAddress()}" }
plugins: { disable = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so" }
transports: { disable = "libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so" }
`,
  );
  await writeFile(
    join(directory, 'janus.transport.websockets.jcfg'),
    `general: { ws = true ws_port = ${port} ws_ip = "127.0.0.1" }\n`,
  );
};

const startJanus = async (
  cores: string,
  directory: string,
): Promise<{ child: ChildProcess; link: JanusLink }> => {
  const port = await freePortBlock(1);
  await writeConfig(directory, port);
  const child = spawn(
    'taskset',
    ['-c', cores, binary, '-F', directory, '-C', join(directory, 'janus.jcfg')],
    {
      stdio: ['ignore', 'ignore', 'ignore'],
    },
  );
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const link = await JanusLink.open(`ws://127.0.0.1:${port}/`).catch(() => null);
    if (link) return { child, link };
    await pause(100);
  }
  child.kill('SIGKILL');
  throw new Error('Janus did not answer within 10 s.');
};

const newSide = (engine: BotEngine): LocalSide => ({
  user: randomBytes(4).toString('hex'),
  password: randomBytes(12).toString('hex'),
  fingerprint: engine.fingerprint,
});

/** Opens the path that an SDP describes and waits until it stands. */
const openPath = (engine: BotEngine, sdp: string, local: LocalSide) => {
  const [transport, person] = [engine.newId(), engine.newId()];
  const connected = new Promise<void>((done, failed) => {
    engine.onState(transport, (state) => {
      if (state === 'connected') done();
      if (state === 'failed') failed(new Error('a path to Janus failed'));
    });
  });
  engine.order({
    do: 'open',
    transport,
    person,
    ...remoteSide(sdp),
    localUser: local.user,
    localPassword: local.password,
  });
  return { transport, connected };
};

interface Seat {
  readonly engine: BotEngine;
  readonly link: JanusLink;
  readonly room: number;
}

/** @returns the feed's number, once its media flows */
const publish = async ({ engine, link, room }: Seat, shape: Shape, hasVideo: boolean): Promise<number> => {
  const local = newSide(engine);
  const offer = publisherOffer(local, hasVideo);
  const handle = await link.attach();
  const body = { request: 'joinandconfigure', room, ptype: 'publisher', display: 'bot' };
  const answer = await link.ask(handle, body, { type: 'offer', sdp: offer.sdp });
  const { transport, connected } = openPath(engine, answer.sdp, local);
  const pattern = patternOf(shape);
  for (const { kind, ssrc, rtx, mid } of offer.streams) {
    const sender = engine.newId();
    engine.name(`${answer.id}/${kind}`, sender);
    engine.order({
      do: 'send',
      transport,
      sender,
      kind,
      pt: kind === 'audio' ? 111 : 96,
      ...(kind === 'video' ? { rtxPt: 97, fps: pattern.framesPerSecond } : {}),
      mid,
      cname: 'bot',
      ext: offer.ext,
      encodings: [
        {
          ssrc,
          ...(rtx === undefined ? {} : { rtx }),
          ...(kind === 'video' ? { bitrate: pattern.videoBitrateBps } : {}),
        },
      ],
      paused: false,
    });
  }
  await connected;
  return answer.id;
};

const subscribe = async ({ engine, link, room }: Seat, feeds: readonly number[]): Promise<void> => {
  const local = newSide(engine);
  const handle = await link.attach();
  const streams = feeds.map((feed) => ({ feed }));
  const offer = await link.ask(handle, { request: 'join', room, ptype: 'subscriber', streams });
  const { sdp, offered } = subscriberAnswer(offer.sdp, local);
  const { transport, connected } = openPath(engine, offer.sdp, local);
  for (const { mid, kind, ssrc, rtx, ext } of offered) {
    const feed = offer.streams.find((stream) => stream.mid === mid)?.feed_id ?? 0;
    engine.order({
      do: 'receive',
      transport,
      receiver: engine.newId(),
      kind,
      ssrc,
      ...(rtx === undefined ? {} : { rtx }),
      ext,
      nack: kind === 'video',
      source: engine.senderNamed(`${feed}/${kind}`),
    });
  }
  await link.tell(handle, { request: 'start', room }, { type: 'answer', sdp });
  await connected;
};

const fill = async (seat: Seat, shape: Shape): Promise<void> => {
  const feeds: number[] = [];
  for (let index = 0; index < shape.voices; index += 1)
    feeds.push(await publish(seat, shape, index < shape.cameras));
  // Janus has a feed once its own side is up, a moment after ours.
  await pause(500);
  for (let index = 0; index < shape.people; index += 1)
    await subscribe(
      seat,
      feeds.filter((_, feed) => feed !== index),
    );
};

/** Debian's Janus with its video rooms, installed when we may; else a sentence that says how to get it. */
export const janus = async (
  engineOf: () => Promise<BotEngine>,
  cores: string,
): Promise<Contender | string> => {
  if (!existsSync(binary) && mayInstall()) {
    process.stderr.write('  · Installing janus\n');
    await aptInstall(['janus']);
    // Debian starts it as a service at once; the benchmark starts its own.
    await run('systemctl', ['disable', '--now', 'janus']);
  }
  if (!existsSync(binary))
    return 'Janus is not installed and is left out: "sudo apt-get install --no-install-recommends janus" brings it.';
  const directory = await mkdtemp(join(tmpdir(), 'guildhall-janus-'));
  return {
    name: 'Janus',
    run: async (shape: Shape, seconds: number): Promise<Measured> => {
      const { child, link } = await startJanus(cores, directory);
      await using engine = await engineOf();
      try {
        for (let meeting = 0; meeting < shape.meetings; meeting += 1) {
          const room = firstRoom + meeting;
          await link.createRoom(room, shape.people);
          await fill({ engine, link, room }, shape);
        }
        await pause(warmUpMs);
        return await measure(engine, [{ role: 'janus', pid: child.pid ?? 0 }], seconds);
      } finally {
        link.close();
        const gone = once(child, 'exit');
        child.kill('SIGTERM');
        await gone;
      }
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
};
