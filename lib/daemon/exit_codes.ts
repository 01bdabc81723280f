/**
 * What maglevd exits with. The unit starts it anew after all but 0, which is asked for, and those
 * that would come again for certain: see RestartPreventExitStatus= there.
 */
export const exitCodes = {
  /** After a signal; a valid `--check`. */
  done: 0,
  /** The configuration cannot be read or parsed. */
  parse: 1,
  /** The configuration contradicts itself, or a flag or its variable is wrong. */
  semantic: 2,
  /** It could not start, for want of something: a port in use, say. With --reload: it did not. */
  startFailed: 3,
  /** It did not end in order: by a fault of its own, or at once by a second signal. */
  fault: 4,
} as const;

/** What the manual says of each of {@link exitCodes}, whole sentences. */
export const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: "Ended by a signal. With --check, the configuration is valid.",
  parse: "The configuration cannot be read or parsed.",
  semantic: "The configuration contradicts itself, or a flag or an environment variable is wrong.",
  startFailed: "Could not start: an address is in use, say. Another time it may. With --reload, " +
    "maglevd refused it, or could not.",
  fault: "Ended by a fault of its own, or at once by a second signal.",
};
