// The least that mediasoup needs to serve the same load: the yardstick of `npm run bench -- engine`. One JSON line in,
// one out. No checks, no roles, no signalling to speak of: what a product adds is measured against this.
import { createInterface } from 'node:readline';
import { mediaProfile } from '@guildhall/protocol';
import { createWorker, type types } from 'mediasoup';
import { z } from 'zod';

const foreign = <T>() => z.custom<T>((value) => typeof value === 'object' && value !== null);
const Request = z.discriminatedUnion('do', [
  z.object({ do: z.literal('room'), id: z.int(), room: z.string() }),
  z.object({ do: z.literal('transport'), id: z.int(), room: z.string() }),
  z.object({
    do: z.literal('connect'),
    id: z.int(),
    transport: z.string(),
    dtlsParameters: foreign<types.DtlsParameters>(),
  }),
  z.object({
    do: z.literal('produce'),
    id: z.int(),
    transport: z.string(),
    kind: z.enum(['audio', 'video']),
    producerId: z.string(),
    rtpParameters: foreign<types.RtpParameters>(),
  }),
  z.object({
    do: z.literal('consume'),
    id: z.int(),
    room: z.string(),
    transport: z.string(),
    producerId: z.string(),
    rtpCapabilities: foreign<types.RtpCapabilities>(),
  }),
]);
type Request = z.output<typeof Request>;

const workerBin = process.env['MEDIASOUP_WORKER_BIN'];
const start = async (): Promise<{ worker: types.Worker; webRtcServer: types.WebRtcServer }> => {
  const worker = await createWorker({ logLevel: 'error', ...(workerBin === undefined ? {} : { workerBin }) });
  const webRtcServer = await worker.createWebRtcServer({
    listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
  });
  return { worker, webRtcServer };
};
type Running = Awaited<ReturnType<typeof start>>;

/** As many as the product has: rooms take turns. */
const workerCount = z.coerce.number().int().min(1).max(64).parse(process.argv[2]);
const workers = new Map((await Promise.all(Array.from({ length: workerCount }, start))).entries());
const routers = new Map<string, Running & { readonly router: types.Router }>();
const transports = new Map<string, types.WebRtcTransport>();

const found = <K, T>(map: ReadonlyMap<K, T>, key: K): T => {
  const value = map.get(key);
  if (value === undefined) throw new Error(`there is no ${String(key)}`);
  return value;
};

const serve = async (request: Request): Promise<unknown> => {
  switch (request.do) {
    case 'room': {
      const mediaCodecs = mediaProfile.codecs.map(({ parameters, ...codec }) => ({
        ...codec,
        parameters: { ...parameters },
      }));
      const running = found(workers, routers.size % workers.size);
      const router = await running.worker.createRouter({ mediaCodecs });
      routers.set(request.room, { ...running, router });
      return router.rtpCapabilities;
    }
    case 'transport': {
      const { router, webRtcServer } = found(routers, request.room);
      const made = await router.createWebRtcTransport({
        webRtcServer,
        initialAvailableOutgoingBitrate: 1_000_000,
      });
      transports.set(made.id, made);
      const { id, iceParameters, iceCandidates } = made;
      const fingerprints = made.dtlsParameters.fingerprints.filter(
        ({ algorithm }) => algorithm === 'sha-256',
      );
      return { transportId: id, iceParameters, iceCandidates, dtlsParameters: { fingerprints } };
    }
    case 'connect':
      await found(transports, request.transport).connect({ dtlsParameters: request.dtlsParameters });
      return {};
    case 'produce': {
      const { producerId: id, kind, rtpParameters } = request;
      await found(transports, request.transport).produce({ id, kind, rtpParameters });
      return {};
    }
    case 'consume': {
      const { producerId, rtpCapabilities } = request;
      const consumer = await found(transports, request.transport).consume({ producerId, rtpCapabilities });
      const { id, kind, type, rtpParameters } = consumer;
      return { consumerId: id, producerId, kind, type, rtpParameters, paused: false };
    }
  }
};

const say = (answer: object): void => {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
};

say({ ready: true, workers: Array.from(workers.values(), ({ worker }) => worker.pid) });
for await (const line of createInterface({ input: process.stdin })) {
  const request = Request.parse(JSON.parse(line));
  // Not awaited here: requests of many people are served side by side, as a product would.
  serve(request).then(
    (answer) => say({ id: request.id, answer }),
    (error: unknown) => say({ id: request.id, error: String(error) }),
  );
}
for (const { worker } of workers.values()) worker.close();
