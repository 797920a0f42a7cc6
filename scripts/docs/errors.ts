import { errorCodes, type ErrorEntry } from '@guildhall/protocol';

const faults = { caller: 'the caller’s', us: 'ours', transient: 'nobody’s for long' } as const;

export const errorsPage = (): string => {
  const rows = Object.entries<ErrorEntry>(errorCodes).map(
    ([code, entry]) =>
      `| \`${code}\` | ${entry.http} | ${faults[entry.fault]} | ${entry.retryable ? 'yes' : 'no'} | ${entry.sentence} |`,
  );
  return [
    '# Errors',
    '',
    'Generated from `packages/protocol/src/errors/`; do not edit. Every refusal carries one of these codes, on REST as',
    '`{"error":{"code","message","field?","retryAfterMs?","requestId"}}` with the HTTP status, on WebSocket links as the `data.code` of a JSON-RPC error.',
    '',
    '| code | HTTP | whose fault | retry helps | what it says |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
};
