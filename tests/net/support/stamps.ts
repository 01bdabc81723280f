import { askForStamps, Inbox } from "../../../lib/net/inbox.ts";
import { libc, pointerTo } from "../../../lib/net/libc.ts";
import { RawServer } from "./raw_server.ts";

/**
 * Waits until packets are stamped: the kernel begins to a moment after the first socket asked, and
 * goes on while an engine lives.
 */
export async function stampsCome(): Promise<void> {
  let isStamped = false;
  using inbox = new Inbox(() => {
    isStamped = true;
    return 0;
  });
  while (!isStamped) {
    using server = new RawServer();
    receiveOne(inbox, server);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** Has `inbox` receive one message from `server`, after `meanwhile`. */
export function receiveOne(inbox: Inbox, server: RawServer, meanwhile = () => {}): number {
  const { port } = server;
  const fd = libc.socket(2, 1, 0);
  try {
    askForStamps(fd);
    const address = Uint8Array.of(2, 0, port >> 8, port, 127, 0, 0, 1, ...Array(8).fill(0));
    libc.connect(fd, pointerTo(address), address.length);
    server.send("x", [server.accept()]);
    meanwhile();
    return inbox.receive(fd);
  } finally {
    libc.close(fd);
  }
}
