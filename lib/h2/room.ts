/** Room for octets that many connections share. */
export interface OctetRoom {
  /** Takes `octets`; false, and nothing is taken, if there is no room for them. */
  take(octets: number): boolean;
  /** Gives them back. */
  give(octets: number): void;
}

/** For a connection whose own limits are all there is. */
export const endlessRoom: OctetRoom = { take: () => true, give() {} };
