/** What of one kind is taken out of service at one stroke. */
export interface Removals {
  /** How many go. */
  readonly gone: number;
  /** Of how many there are. */
  readonly of: number;
}

/** Whether more goes than `mostPercent` of all, which one would not do without meaning it. */
export function areTooMany({ gone, of }: Removals, mostPercent: number): boolean {
  return gone * 100 > mostPercent * of;
}
