export * from './consumer.ts';
export * from './object-id.ts';
export * from './profile.ts';
export * from './rtp.ts';
export * from './transport.ts';
