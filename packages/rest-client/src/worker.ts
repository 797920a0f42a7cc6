/** Long after the page is of use: fetching what is kept must not compete with joining. */
const settleMs = 4_000;

/**
 * Has the browser keep the meeting page for when the portal cannot be reached. Not in a browser or on an address without
 * service workers: the page then needs the portal, as without this.
 */
export function keepPageForLater(): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  const register = (): void => {
    navigator.serviceWorker.register('/sw.js', { scope: '/', updateViaCache: 'none' }).catch(() => undefined);
  };
  const later = (): void => {
    setTimeout(() => {
      if ('requestIdleCallback' in window) window.requestIdleCallback(register, { timeout: settleMs });
      else register();
    }, settleMs);
  };
  if (document.readyState === 'complete') later();
  else window.addEventListener('load', later, { once: true });
}
