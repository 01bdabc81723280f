import { defaultAddress } from "./endpoint.ts";

/** Where the packages have maglevd listen for who is on the machine. */
const usualSocket = "/run/vpp-maglev/api.sock";

/**
 * The server that is meant when none is named: the one on this machine, by its socket where that
 * can be used, as it tells maglevd who asks, and by TCP otherwise.
 */
export async function usualServer(socket = usualSocket): Promise<string> {
  try {
    using _ = await Deno.connect({ transport: "unix", path: socket });
    return `unix:${socket}`;
  } catch (error) {
    // Not there, left behind, or not for this user.
    if (error instanceof Error) return defaultAddress;
    throw error;
  }
}
