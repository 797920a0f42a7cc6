import { createRestClient } from '@guildhall/rest-client';

export { ApiError } from '@guildhall/rest-client';

export const rest = createRestClient({
  unreachable: 'The server cannot be reached. Check your connection and try again.',
});
export const { call, act } = rest;
