/**
 * The nonce of this page's content security policy, for style elements made at run time.
 * Read from the meta element the build leaves in the page (`property="csp-nonce"`, whose `nonce`
 * attribute browsers hide from selectors but not from script) or `name="csp-nonce" content=…`.
 * Empty when the page has none (development server).
 */
export function readStyleNonce(): string {
  const byProperty = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]');
  const byName = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]');
  return byProperty?.nonce || byName?.nonce || byName?.content || '';
}
