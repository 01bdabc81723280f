import type { Connect } from "../client/mod.ts";
import type { SegmentOptions, StatsSegment } from "../stats/mod.ts";

/** How VPP is reached. All is as on a real machine unless given. */
export interface VppAccess {
  /** Opens a connection to the API socket. */
  readonly connect?: Connect | undefined;
  /** Fetches the stats segment. */
  readonly openSegment?:
    | ((path: string, options: SegmentOptions) => Promise<StatsSegment>)
    | undefined;
  /**
   * What tells the socket at a path from one that is put there later, undefined when there is none.
   * A real machine's is looked at only if `connect` is a real machine's as well.
   */
  readonly socketIdentity?: ((path: string) => Promise<string | undefined>) | undefined;
}

/** The file that lies at `path`: each start of VPP makes another one. */
export async function fileIdentity(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, mtime } = await Deno.lstat(path);
    return `${dev} ${ino} ${mtime?.getTime()}`;
  } catch {
    // Whatever the reason, connecting will tell it.
    return undefined;
  }
}
