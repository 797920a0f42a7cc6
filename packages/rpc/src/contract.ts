import type { z } from 'zod';

/** One request: what goes in, what comes out, which registered errors it may answer, whether a retry is harmless. */
export interface RequestDef {
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  readonly errors: readonly string[];
  readonly retry: 'safe' | 'never';
}

/** What one side serves (requests) and tells (events). */
export interface Half {
  readonly requests: Readonly<Record<string, RequestDef>>;
  readonly events: Readonly<Record<string, { readonly data: z.ZodType }>>;
}

/** A link: half `a` belongs to the side which listens, half `b` to the side which dials. */
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

export type Side = 'a' | 'b';
export type OtherSide<S extends Side> = S extends 'a' ? 'b' : 'a';

export type RequestName<H extends Half> = string & keyof H['requests'];
export type EventName<H extends Half> = string & keyof H['events'];
/** What a caller passes / what a handler receives / what a handler answers / what the caller gets. */
export type InputToSend<H extends Half, K extends RequestName<H>> = z.input<H['requests'][K]['input']>;
export type InputReceived<H extends Half, K extends RequestName<H>> = z.output<H['requests'][K]['input']>;
export type OutputToSend<H extends Half, K extends RequestName<H>> = z.input<H['requests'][K]['output']>;
export type OutputReceived<H extends Half, K extends RequestName<H>> = z.output<H['requests'][K]['output']>;
export type EventToSend<H extends Half, K extends EventName<H>> = z.input<H['events'][K]['data']>;
export type EventReceived<H extends Half, K extends EventName<H>> = z.output<H['events'][K]['data']>;

/** What a handler knows of the request it serves. */
export interface RequestContext<Output> {
  /** Aborted when the link closes before the answer. */
  readonly signal: AbortSignal;
  /**
   * Sends the answer now, before the handler returns, so that what is emitted afterwards arrives after it.
   * Returns its argument: `return ctx.reply(answer)`.
   */
  readonly reply: (output: Output) => Output;
}

/** A complete map: every request of the half has its handler. */
export type Handlers<H extends Half> = {
  readonly [K in RequestName<H>]: (
    input: InputReceived<H, K>,
    context: RequestContext<OutputToSend<H, K>>,
  ) => OutputToSend<H, K> | Promise<OutputToSend<H, K>>;
};
