import type { Page } from 'playwright-core';

const rateHz = 48_000;

/** Something that codecs and noise suppressors take for speech: syllables of changing pitch, without a pause. */
export const speechWav = (seconds: number): Buffer => {
  const samples = rateHz * seconds;
  const wav = Buffer.alloc(44 + samples * 2);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + samples * 2, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(rateHz, 24);
  wav.writeUInt32LE(rateHz * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(samples * 2, 40);
  for (let n = 0; n < samples; n++) {
    const time = n / rateHz;
    const syllable = Math.floor(time * 5);
    const pitchHz = 110 + ((syllable * 37) % 90);
    const envelope = 0.35 + 0.65 * Math.abs(Math.sin(Math.PI * 5 * time));
    let value = 0;
    for (let harmonic = 1; harmonic <= 12; harmonic++) {
      value += Math.sin(2 * Math.PI * pitchHz * harmonic * time) / harmonic;
    }
    wav.writeInt16LE(Math.round(value * envelope * 9_000), 44 + n * 2);
  }
  return wav;
};

declare global {
  interface Window {
    __sound?: { stop: () => { longestGapMs: number; heardMs: number } };
  }
}

/**
 * Looks every 50 ms at what the audio elements of a page play, and adds up for how long on end none of the tracks they
 * hold played samples that were really received (W3C webrtc-stats: totalSamplesReceived without concealedSamples).
 */
export const watchSound = async (
  page: Page,
): Promise<{ stop: () => Promise<{ longestGapMs: number; heardMs: number }> }> => {
  await page.evaluate(() => {
    const before = new Map<string, number>();
    const samplesPerMs = 48;
    const begunMs = performance.now();
    let lookedAtMs = begunMs;
    let silentMs = 0;
    let longestGapMs = 0;
    let isOver = false;
    const look = async (): Promise<void> => {
      const played = new Set<string>();
      for (const element of document.querySelectorAll('audio')) {
        const stream = element.srcObject;
        if (!(stream instanceof MediaStream) || element.paused) continue;
        for (const track of stream.getAudioTracks()) played.add(track.id);
      }
      let playedMs = 0;
      for (const connection of window.__peerConnections ?? []) {
        if (connection.connectionState === 'closed') continue;
        const report = await connection.getStats();
        report.forEach((entry: { type: string } & Record<string, unknown>) => {
          if (entry.type !== 'inbound-rtp' || entry['kind'] !== 'audio') return;
          const id = String(entry['trackIdentifier']);
          const real = Number(entry['totalSamplesReceived'] ?? 0) - Number(entry['concealedSamples'] ?? 0);
          const known = before.get(id);
          before.set(id, real);
          if (played.has(id) && known !== undefined) {
            playedMs = Math.max(playedMs, (real - known) / samplesPerMs);
          }
        });
      }
      const nowMs = performance.now();
      const passedMs = nowMs - lookedAtMs;
      lookedAtMs = nowMs;
      // A busy page looks late; what counts is how much was played since, and whether silence goes on over several looks.
      silentMs = playedMs >= passedMs / 2 ? 0 : silentMs + passedMs - playedMs;
      longestGapMs = Math.max(longestGapMs, silentMs);
    };
    const loop = async (): Promise<void> => {
      while (!isOver) {
        await look();
        await new Promise((wake) => setTimeout(wake, 50));
      }
    };
    void loop();
    window.__sound = {
      stop: () => {
        isOver = true;
        return { longestGapMs: Math.round(longestGapMs), heardMs: Math.round(performance.now() - begunMs) };
      },
    };
  });
  return {
    stop: () => page.evaluate(() => window.__sound?.stop() ?? { longestGapMs: Infinity, heardMs: 0 }),
  };
};
