import { MediaObjectIdSchema, type ErrorCode } from '@guildhall/protocol';
import { GuildhallError, type ErrorFacts } from '@guildhall/rpc';

export type MediaErrorCode = Extract<ErrorCode, `media.${string}`>;

/** A refusal of the engine: a registered code and a sentence that names the thing and what to do. */
export const mediaError = (code: MediaErrorCode, message: string, facts?: ErrorFacts): GuildhallError =>
  new GuildhallError(code, message, facts);

/** An id as a sentence may quote it: one that came from a stranger and is no id is not repeated to people and logs. */
const quoted = (id: string): string => (MediaObjectIdSchema.safeParse(id).success ? id : 'of that name');

export const roomClosed = (roomId: string): GuildhallError =>
  mediaError(
    'media.unavailable',
    `The media room ${roomId} is closed. It is opened again by itself; try again.`,
  );

export const engineClosed = (): GuildhallError =>
  mediaError('media.unavailable', 'The media engine is stopping. Join again on another router.');

export const unknownTransport = (id: string): GuildhallError =>
  mediaError('media.unknown-transport', `The transport ${id} is closed. Ask for a new one.`);

export const unknownProducer = (id: string): GuildhallError =>
  mediaError('media.unknown-producer', `There is no stream ${quoted(id)} in this meeting any more.`);

export const unknownConsumer = (id: string): GuildhallError =>
  mediaError('media.unknown-consumer', `The consumer ${id} is closed.`);

export const alreadyConnected = (id: string): GuildhallError =>
  mediaError(
    'media.already-connected',
    `The transport ${id} is already connected with other DTLS parameters; the first were kept.`,
  );

export const cannotConsume = (id: string): GuildhallError =>
  mediaError('media.cannot-consume', `This browser has no codec for the stream ${id}.`);

export const idTaken = (): GuildhallError =>
  mediaError('media.invalid-parameters', 'A stream with this id exists already.', { field: 'producerId' });

export const limitReached = (what: string, limit: number): GuildhallError =>
  mediaError('media.limit', `No more than ${limit} ${what} are allowed here. Close one first.`);

export const wrongDirection = (direction: string): GuildhallError =>
  mediaError(
    'media.invalid-parameters',
    direction === 'send'
      ? 'Streams are produced on the transport with the direction send, and this one receives.'
      : 'Streams are consumed on the transport with the direction recv, and this one sends.',
    { field: 'transportId' },
  );

export const unknownPipe = (id: string): GuildhallError =>
  mediaError('media.unknown-transport', `The pipe ${id} is closed. Ask for a new one.`);

export const pipeAlreadyConnected = (id: string): GuildhallError =>
  mediaError('media.already-connected', `The pipe ${id} leads elsewhere already; the first end was kept.`);
