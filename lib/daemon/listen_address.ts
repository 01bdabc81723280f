import { UsageError } from "../flags/mod.ts";
import { type ListenAddress, parseListenAddress, parseListenAddresses } from "../rpc/mod.ts";

/** The address that stands in a flag. Throws {@link UsageError} when it is none. */
export function readListenAddress(flag: string, text: string): ListenAddress {
  try {
    return parseListenAddress(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(
      `--${flag} is an address and a port such as :9090, 127.0.0.1:9090 or [::1]:9090, not "${text}"`,
    );
  }
}

/** Whether the API can listen at all of these. Throws {@link UsageError} when it cannot. */
export function checkApiAddresses(text: string): void {
  try {
    parseListenAddresses(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(
      "--grpc-addr takes addresses and ports such as :9090, 127.0.0.1:9090 or [::1]:9090, and " +
        `sockets such as unix:/run/vpp-maglev/api.sock: ${error.message}`,
    );
  }
}
