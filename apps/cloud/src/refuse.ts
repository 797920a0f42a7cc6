import { errorCodes, isErrorCode, type ErrorCode } from '@guildhall/protocol';
import { GuildhallError, type ErrorFacts } from '@guildhall/rpc';

/** A registered refusal; without a sentence of its own it says the registry's. */
export const refuse = (code: ErrorCode, facts: ErrorFacts & { sentence?: string } = {}): GuildhallError => {
  const { sentence, ...rest } = facts;
  return new GuildhallError(code, sentence ?? errorCodes[code].sentence, rest);
};

/** HTTP status of a refusal; of a code that is not registered it is our fault. */
export const httpStatusOf = (code: string): number => (isErrorCode(code) ? errorCodes[code].http : 500);
