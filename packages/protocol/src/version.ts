/** The product's version; every process and page of one build carries the same. */
export const productVersion = '0.1.0';

/** Version of the message contracts. A peer outside [min, max] is refused with `protocol.version`. */
export const protocolVersions = { min: 1, max: 1 } as const;

/**
 * Named abilities a peer may have beyond the version; an unknown name is ignored. `open-fields`: drops fields it does not
 * know, so that answers to it may hold newer ones (ADR 24).
 */
export const features = ['resume', 'media-reset', 'simulcast', 'changes-together', 'open-fields'] as const;

/** Whether this side understands a peer of that version. */
export const speaksProtocol = (version: number): boolean =>
  version >= protocolVersions.min && version <= protocolVersions.max;
