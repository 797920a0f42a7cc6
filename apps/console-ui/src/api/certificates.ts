import {
  ConsoleCertificates,
  type CreateCertificateRequest,
  type OrderCertificateRequest,
  type UploadCertificateRequest,
} from '@guildhall/protocol';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import { call } from './client.ts';

const ORDER_POLL_MS = 1_500;

/** The certificate of this server; asked again and again while one is being ordered. */
export const certificatesQuery = queryOptions({
  queryKey: ['certificates'],
  queryFn: () => call(ConsoleCertificates, 'GET', '/certificates'),
  refetchInterval: ({ state }) => (state.data?.order.state === 'running' ? ORDER_POLL_MS : false),
});

/** A change of the certificates; the answer is their new state. */
function useChange<Input>(mutationFn: (input: Input) => Promise<ConsoleCertificates>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: (state) => client.setQueryData(certificatesQuery.queryKey, state),
  });
}

export const useUploadCertificate = () =>
  useChange((input: z.output<typeof UploadCertificateRequest>) =>
    call(ConsoleCertificates, 'PUT', '/certificates', input),
  );

export const useCreateRequest = () =>
  useChange((input: z.output<typeof CreateCertificateRequest>) =>
    call(ConsoleCertificates, 'POST', '/certificates/request', input),
  );

export const useDropRequest = () =>
  useChange(() => call(ConsoleCertificates, 'DELETE', '/certificates/request'));

export const useAccountCertificate = () =>
  useChange(() => call(ConsoleCertificates, 'POST', '/certificates/account'));

export const useOrderCertificate = () =>
  useChange((input: z.input<typeof OrderCertificateRequest>) =>
    call(ConsoleCertificates, 'POST', '/certificates/order', input),
  );
