/** Whose fault it is: the caller's, ours, or nobody's for long (worth a retry). */
export type Fault = 'caller' | 'us' | 'transient';

export interface ErrorEntry {
  readonly fault: Fault;
  readonly retryable: boolean;
  readonly http: number;
  /** What happened and what to do, for a person. A more exact sentence may travel with the error itself. */
  readonly sentence: string;
}

/** The same again has the same answer until the caller changes something. */
export const caller = (http: number, sentence: string): ErrorEntry => ({
  fault: 'caller',
  retryable: false,
  http,
  sentence,
});

/** The caller's doing, and yet the same is worth another try: after a pause, or with a fresh token. */
export const callerLater = (http: number, sentence: string): ErrorEntry => ({
  fault: 'caller',
  retryable: true,
  http,
  sentence,
});

/** Nobody's fault for long: the same is worth another try. */
export const transient = (http: number, sentence: string): ErrorEntry => ({
  fault: 'transient',
  retryable: true,
  http,
  sentence,
});

/** The server's own fault. */
export const ours = (sentence: string): ErrorEntry => ({
  fault: 'us',
  retryable: false,
  http: 500,
  sentence,
});
