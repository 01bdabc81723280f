/** Why something with a socket failed, and whose fault it is. Pure. */

import { errnoNumber, errnoWords } from "./errno.ts";

/** Why something could not be done. */
export interface Failure {
  /** In words for the operator. */
  readonly reason: string;
  /** It is for a lack of this host's own (descriptors, memory, buffers, source ports). */
  readonly isOwn: boolean;
}

/** What the kernel says when this host lacks something, whatever the peer does. */
const ownLacks: ReadonlySet<number> = new Set(
  ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EAGAIN", "ENOSPC"].map(errnoNumber),
);

/** A failure that neither the peer nor the operator can help. */
export function ownFailure(reason: string): Failure {
  return { reason, isOwn: true };
}

/** A failure that says something about the peer, the network or the configuration. */
export function outerFailure(reason: string): Failure {
  return { reason, isOwn: false };
}

/** The failure of a system call that set errno to `number`, after `action`, when that is given. */
export function callFailure(number: number, action = ""): Failure {
  const words = errnoWords(number);
  return {
    reason: action === "" ? words : `${action}: ${words}`,
    isOwn: ownLacks.has(number),
  };
}
