import { join } from "node:path";

const prefix = "maglevd-http1-";
const socketName = "http1.sock";

/** A younger directory may belong to a daemon that is just starting. In milliseconds. */
const startingMs = 60_000;

/** A Unix socket that nobody but this user can reach. */
export interface PrivateSocket {
  readonly path: string;
  /** Removes the socket and its directory. */
  remove(): Promise<void>;
}

/** Makes a place for a socket: in a directory of mode 0700, under the system's for such things. */
export async function makePrivateSocket(): Promise<PrivateSocket> {
  const directory = await Deno.makeTempDir({ prefix });
  return {
    path: join(directory, socketName),
    remove: () => Deno.remove(directory, { recursive: true }).catch(() => {}),
  };
}

/**
 * Removes what daemons left behind that were killed: directories of this user whose socket
 * nobody listens on. Never throws; what cannot be removed stays.
 */
export async function removeLeftovers(near: PrivateSocket): Promise<void> {
  const parent = join(near.path, "..", "..");
  try {
    for await (const entry of Deno.readDir(parent)) {
      if (!entry.isDirectory || !entry.name.startsWith(prefix)) continue;
      const directory = join(parent, entry.name);
      if (await isLeftover(directory)) await Deno.remove(directory, { recursive: true });
    }
  } catch {
    // Another daemon may be cleaning up as well.
  }
}

async function isLeftover(directory: string): Promise<boolean> {
  const { uid, mtime } = await Deno.stat(directory);
  if (uid !== Deno.uid() || Date.now() - (mtime?.getTime() ?? Date.now()) < startingMs) {
    return false;
  }
  try {
    const conn = await Deno.connect({ transport: "unix", path: join(directory, socketName) });
    conn.close();
    return false;
  } catch {
    return true;
  }
}
