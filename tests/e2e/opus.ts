import { createServer } from 'node:http';
import { once } from 'node:events';
import { launchBrowser } from '@guildhall/testkit';
import type { Page } from 'playwright-core';

export const rateHz = 48_000;
/** Samples in a packet of 20 ms. */
export const frameSamples = 960;

/** What Opus makes of a voice: a frame each 20 ms, or none while discontinuous transmission is silent. */
export interface Frame {
  readonly index: number;
  readonly payload: Buffer;
}

export interface EncoderOptions {
  /** voip: below about 30 kb/s mostly SILK, above hybrid; audio: CELT (RFC 6716 §2.1). */
  readonly application: 'voip' | 'audio';
  readonly bitrateBps: number;
}

/** The browser's own libopus, without a network around it: what is decoded depends on nothing but the packets. */
export class Opus implements AsyncDisposable {
  readonly #page: Page;
  readonly #close: () => Promise<void>;

  private constructor(page: Page, close: () => Promise<void>) {
    this.#page = page;
    this.#close = close;
  }

  static async open(): Promise<Opus> {
    // WebCodecs is there in secure contexts only, and loopback is one.
    const server = createServer((_, answer) =>
      answer.setHeader('content-type', 'text/html').end('<!doctype html>'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const browser = await launchBrowser();
    const close = async (): Promise<void> => {
      await browser.close();
      server.closeAllConnections();
      server.close();
    };
    const page = await browser.newPage();
    const address = server.address();
    await page.goto(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`);
    return new Opus(page, close);
  }

  /** @param samples -1 to 1 */
  async encode(samples: Float32Array, options: EncoderOptions): Promise<Frame[]> {
    const frames = await this.#page.evaluate(
      async ({ text, application, bitrate, rate }) => {
        const bytes = Uint8Array.from(atob(text), (letter) => letter.codePointAt(0) ?? 0);
        const data = new Float32Array(bytes.buffer);
        const found: { index: number; bytes: number[] }[] = [];
        const encoder = new AudioEncoder({
          output: (chunk) => {
            const payload = new Uint8Array(chunk.byteLength);
            chunk.copyTo(payload);
            found.push({ index: Math.round(chunk.timestamp / 20_000), bytes: [...payload] });
          },
          error: (error) => {
            throw error;
          },
        });
        // `application` is newer than the types.
        const opus = {
          application,
          frameDuration: 20_000,
          usedtx: true,
          useinbandfec: true,
          packetlossperc: 5,
        };
        encoder.configure({
          codec: 'opus',
          sampleRate: rate,
          numberOfChannels: 1,
          bitrate,
          opus,
        });
        const size = 960;
        for (let at = 0; at + size <= data.length; at += size) {
          const part = data.slice(at, at + size);
          const timestamp = (at * 1e6) / rate;
          encoder.encode(
            new AudioData({
              format: 'f32',
              sampleRate: rate,
              numberOfFrames: size,
              numberOfChannels: 1,
              timestamp,
              data: part,
            }),
          );
        }
        await encoder.flush();
        encoder.close();
        return found;
      },
      {
        text: Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength).toString('base64'),
        application: options.application,
        bitrate: options.bitrateBps,
        rate: rateHz,
      },
    );
    return frames.map(({ index, bytes }) => ({ index, payload: Buffer.from(bytes) }));
  }

  /** One decoder for all of them, in this order; what was left out is not concealed. */
  async decode(payloads: readonly Buffer[]): Promise<Float32Array> {
    const text = await this.#page.evaluate(
      async ({ all, rate }) => {
        const parts: Float32Array<ArrayBuffer>[] = [];
        const decoder = new AudioDecoder({
          output: (audio) => {
            const part = new Float32Array(audio.numberOfFrames);
            audio.copyTo(part, { planeIndex: 0, format: 'f32-planar' });
            parts.push(part);
            audio.close();
          },
          error: (error) => {
            throw error;
          },
        });
        decoder.configure({ codec: 'opus', sampleRate: rate, numberOfChannels: 1 });
        for (const [index, base64] of all.entries()) {
          const data = Uint8Array.from(atob(base64), (letter) => letter.codePointAt(0) ?? 0);
          decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: index * 20_000, data }));
        }
        await decoder.flush();
        decoder.close();
        const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
        let binary = '';
        for (let at = 0; at < bytes.length; at += 8_192)
          binary += String.fromCodePoint(...bytes.subarray(at, at + 8_192));
        return btoa(binary);
      },
      { all: payloads.map((payload) => payload.toString('base64')), rate: rateHz },
    );
    const bytes = Buffer.from(text, 'base64');
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}
