import { maskText } from '@guildhall/kit';

const mask = '[redacted]';
/** A name under which secrets travel, and the value after it, as JSON, as a setting or in a sentence. */
const named =
  /((?:pass(?:word|code|phrase)|secret|token|authorization|cookie|private_?key|key_?pem|api_?key|\bpwd)[\w-]*\\?["']?\s*[:=]\s*)(\\?"(?:[^"\\]|\\[^"])*\\?"|'[^']*'|[^\s,;}&"']+)/giu;
const privateJwk = /("d"\s*:\s*")[\w-]{20,}/gu;
const pem = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/gu;
const connectorToken = /\bght_[A-Za-z0-9]{8,}/gu;
const passwordHash = /\$argon2[a-z]{1,2}\$\S+/gu;
const session = /\bguildhall_\w+=[\w.-]+/gu;
/** A line of a PEM body, met when its first line is not there. */
const pemBody = /^\s*[A-Za-z0-9+/]{60,76}={0,2}\s*$/u;

/** Masks everything in a text that looks like a secret of this product. Longer texts are cut to 4,000 characters. */
export function redactText(text: string): string {
  return maskText(text.replace(pem, mask))
    .replace(connectorToken, mask)
    .replace(passwordHash, mask)
    .replace(session, mask)
    .replace(privateJwk, `$1${mask}`)
    .replace(named, (_whole, name: string) => `${name}${mask}`);
}

/** Masks secrets line by line, also a key that spans lines. */
export class LineRedactor {
  #inKey = false;

  line(text: string): string {
    if (this.#inKey) {
      if (/-----END [A-Z ]*PRIVATE KEY-----/u.test(text)) this.#inKey = false;
      return mask;
    }
    const begins = text.lastIndexOf('-----BEGIN');
    this.#inKey =
      begins >= 0 &&
      /^-----BEGIN [A-Z ]*PRIVATE KEY-----/u.test(text.slice(begins)) &&
      !text.includes('-----END', begins);
    return pemBody.test(text) ? mask : redactText(text);
  }
}
