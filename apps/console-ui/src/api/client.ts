import { createRestClient } from '@guildhall/rest-client';

export { ApiError } from '@guildhall/rest-client';

export const { call, act, sendBytes } = createRestClient({
  unreachable: 'The console cannot be reached. Check the network to this server and try again.',
});
