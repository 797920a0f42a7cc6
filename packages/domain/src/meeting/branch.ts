import type { ParticipantId } from '../ids.ts';
import type { MeetingCommand, MeetingEffect } from './commands.ts';

/**
 * A meeting on several routers: one, the top, owns it and decides; the others hold branches, behind which people are.
 * A branch may ask for what its people can bring about, never for what is the top's own to say.
 */
const ownersOnly = ['join', 'back', 'tick', 'speaker', 'chat', 'merge', 'update', 'close'] as const;
export type BranchCommand = Exclude<MeetingCommand, { kind: (typeof ownersOnly)[number] }>;

/** Whether the router that owns the meeting takes this from a branch at all. */
export const isBranchCommand = (command: MeetingCommand): command is BranchCommand =>
  !ownersOnly.some((kind) => kind === command.kind);

/** What the router of a branch must do besides telling the changes. */
export type BranchEffect =
  | MeetingEffect
  /** The participant came in through another router: the newest link wins. */
  | { readonly kind: 'replaced'; readonly participantId: ParticipantId };

/** For whom a command is: that one must be behind the branch it comes through. */
export const actorOf = (command: BranchCommand): ParticipantId =>
  'by' in command ? command.by : command.participantId;
