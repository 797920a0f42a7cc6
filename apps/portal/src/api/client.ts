import { createRestClient } from '@guildhall/rest-client';

export { ApiError } from '@guildhall/rest-client';

export const { call, act } = createRestClient({
  unreachable: 'The server cannot be reached. Check your connection and try again.',
});
