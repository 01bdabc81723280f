/** The message of anything thrown: what the attribute `err` says, and sentences that end in why. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
