import { expect, test } from 'vitest';
import { LineRedactor, redactText } from './redact-text.ts';

test.each([
  ['a signed token', 'GET /join eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJl', 'c2lnbmF0dXJl'],
  ['a passcode in a link', 'opened http://x/j/123#pwd=Secret77', 'Secret77'],
  ['a connector token', 'paired with ght_ABCDEFGH12345678', 'ABCDEFGH12345678'],
  ['a password as JSON', '{"user":"a","password":"hunter2 and more","x":1}', 'hunter2'],
  ['a password in escaped JSON', '{"body":"{\\"passcode\\":\\"hunter2\\"}"}', 'hunter2'],
  ['a setting', 'GUILDHALL_CONSOLE_INITIAL_PASSWORD=hunter2', 'hunter2'],
  ['a session', 'cookie: guildhall_console=abc.def-ghi', 'abc.def-ghi'],
  ['a private JWK', '{"kty":"OKP","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}', 'nWGxne'],
  ['a password hash', 'row $argon2id$v=19$m=19456$c2FsdA$aGFzaA', 'aGFzaA'],
  [
    'a key on one line',
    'k="-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQ\\n-----END PRIVATE KEY-----"',
    'MC4CAQAwBQ',
  ],
])('%s is masked', (_what, text, secret) => {
  expect(redactText(text)).not.toContain(secret);
  expect(redactText(text)).toContain('[redacted]');
});

test('a key over several lines is masked, also when its first line is missing', () => {
  const body = 'MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpe/MC4CAQAwBQYDK2';
  const lines = [
    'before',
    '-----BEGIN EC PRIVATE KEY-----',
    body,
    'shortRest==',
    '-----END EC PRIVATE KEY-----',
    'after',
  ];
  const redactor = new LineRedactor();
  const shown = lines.map((line) => redactor.line(line));
  expect(shown.join('\n')).not.toMatch(/MC4C|shortRest/u);
  expect([shown[0], shown[5]]).toEqual(['before', 'after']);
  expect(new LineRedactor().line(body)).toBe('[redacted]');
});

test('ordinary words stay', () => {
  const text = 'service started {"service":"mmr","child":1234} token refused: none left';
  expect(redactText('service started {"service":"mmr","child":1234}')).toBe(
    'service started {"service":"mmr","child":1234}',
  );
  expect(redactText(text)).toContain('service started');
});
