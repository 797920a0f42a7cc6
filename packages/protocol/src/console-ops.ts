import { z } from 'zod';
import { ConsoleAuthority, ConsoleUserName } from './console-rest.ts';
import { Password } from './rest.ts';

/** The part of a console's REST API by which a VM is kept running, under `/api/v1` on port 5480. */

export const ConsoleUser = z.strictObject({
  username: ConsoleUserName,
  authority: ConsoleAuthority,
  /** Somebody else chose the password; the next sign-in has to change it. */
  passwordChangeRequired: z.boolean(),
});
export type ConsoleUser = z.output<typeof ConsoleUser>;

/** `GET /users`. */
export const ConsoleUsers = z.strictObject({ users: z.array(ConsoleUser).max(100) });
/** `POST /users`. */
export const AddConsoleUserRequest = z.strictObject({
  username: ConsoleUserName,
  password: Password,
  authority: ConsoleAuthority,
});
/** `PUT /users/{username}`. */
export const ChangeConsoleUserRequest = z.strictObject({ authority: ConsoleAuthority });
/** `PUT /users/{username}/password`; ends every session of that user. */
export const ResetConsolePasswordRequest = z.strictObject({ newPassword: Password });
