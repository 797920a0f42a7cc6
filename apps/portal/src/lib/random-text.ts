const DIGITS = '0123456789';
const READABLE = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789';

function pick(alphabet: string, length: number): string {
  // Rejection keeps every character equally likely.
  const limit = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length * 2))) {
      if (byte < limit && text.length < length) text += alphabet[byte % alphabet.length] ?? '';
    }
  }
  return text;
}

/** Six digits: what people can type on a telephone. */
export const newPasscode = (): string => pick(DIGITS, 6);

/** A first password to hand to somebody, without characters that look alike. */
export const newPassword = (): string => pick(READABLE, 14);
