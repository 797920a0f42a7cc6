/** Why a camera or microphone cannot be used, in the words of the page's dictionary. */
export type DeviceTrouble = 'denied' | 'missing' | 'busy' | 'insecure' | 'failed';

/** What a refusal of getUserMedia means (W3C Media Capture §10.2, and what older browsers say instead). */
export const troubleOf = (error: unknown): DeviceTrouble => {
  const name = error instanceof DOMException ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
    case 'DevicesNotFoundError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
    case 'TrackStartError':
      return 'busy';
    default:
      return 'failed';
  }
};
