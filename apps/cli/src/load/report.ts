import type { LoadReport } from './types.ts';

/** The value below which a share of all lies; 0 of nothing. */
export const quantile = (samples: readonly number[], share: number): number => {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
};

const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const percent = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${((100 * part) / whole).toFixed(2)} %`;
const row = (what: string, text: string): string => `${what.padEnd(24)} ${text}`;

/** The report as people read it. */
export const reportLines = (report: LoadReport): string[] => {
  const { joined, failed, reasons, offered, delivered, latencyMs, joinMs, seconds, servers } = report;
  const cost = report.cpuSecondsPerMillionPackets;
  return [
    '',
    ...(report.complete ? [] : ['Interrupted: the figures are of the time until then.']),
    row('joined / failed', `${joined} / ${failed}`),
    ...Object.entries(reasons).map(([reason, times]) => row('', `${times} × ${reason}`)),
    row('join', `p50 ${joinMs.p50} ms   p95 ${joinMs.p95} ms   p99 ${joinMs.p99} ms`),
    row(
      'delivered / offered',
      `${count(delivered)} / ${count(offered)} packets (${percent(delivered, offered)}), ${count(delivered / Math.max(seconds, 0.001))} a second`,
    ),
    row('  audio', streamText(report.audio)),
    row('  video', streamText(report.video)),
    row(
      'latency, one way',
      `p50 ${latencyMs.p50.toFixed(1)} ms   p99 ${latencyMs.p99.toFixed(1)} ms   worst person’s p99 ${report.worstPersonP99Ms.toFixed(1)} ms`,
    ),
    row('longest gap (voice)', `p50 ${report.gapMs.audio.p50} ms   p95 ${report.gapMs.audio.p95} ms`),
    ...servers.map(({ role, vm, pid, cpuSeconds, rssMb }) =>
      row(
        vm > 1 ? `${role}, VM ${vm}` : role,
        `${cpuSeconds.toFixed(2)} CPU s (${percent(cpuSeconds, seconds)} of a core)   ${rssMb} MB   pid ${pid}`,
      ),
    ),
    row(
      'the bots themselves',
      `${report.bots.cpuSeconds.toFixed(2)} CPU s (${percent(report.bots.cpuSeconds, seconds)} of a core)   ${report.bots.rssMb} MB`,
    ),
    ...(cost === null ? [] : [row('all servers', `${cost.toFixed(2)} CPU seconds per million packets`)]),
  ];
};

const streamText = ({ offered, delivered, latencyMs, streams, silent }: LoadReport['audio']): string =>
  `${count(delivered)} / ${count(offered)} (${percent(delivered, offered)}) on ${streams} streams, p50 ${latencyMs.p50.toFixed(1)} ms, p99 ${latencyMs.p99.toFixed(1)} ms` +
  (silent > 0 ? `, ${silent} without a packet` : '');
