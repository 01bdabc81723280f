import assert from "node:assert/strict";

const lack = "out of file descriptors";

/** What is said to each who wants descriptors when there are none, and when there is one. */
async function said(directory: string): Promise<Record<string, string>[]> {
  const script = new URL("support/out_of_descriptors.ts", import.meta.url).pathname;
  const run = 'ulimit -n 256; exec "$0" run -A --no-check "$@"';
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", run, Deno.execPath(), script, directory],
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert.notEqual(text, "", new TextDecoder().decode(stderr));
  return JSON.parse(text);
}

Deno.test("who gets no descriptor says so, and keeps none of those that it got", async () => {
  const directory = await Deno.makeTempDir({ prefix: "mgl-few-" });
  try {
    const [none, one] = await said(directory);
    assert.deepEqual(none, {
      poller: `create the epoll instance: ${lack}; 0 left`,
      inbox: `open a socket for time stamps: ${lack}; 0 left`,
      engine: `open a socket for time stamps: ${lack}; 0 left`,
      datagram: `send to /nowhere: ${lack}; 0 left`,
      listen: `listen on ${directory}/one: ${lack}; 0 left`,
      connect: `connect to /nowhere: ${lack}; 0 left`,
      memory: `create the memory file segment: ${lack}; 0 left`,
      unix: `listen on ${directory}/two: ${lack}; 0 left`,
      listening: `connect to /nowhere: ${lack}; 0 left`,
      file: `read /proc/self/cmdline: ${lack}; 0 left`,
      socket: `open a socket: ${lack}; 0 left`,
      namespace: `cannot find the daemon's own network namespace: ${lack}; 0 left`,
    });
    assert.deepEqual(one, {
      poller: `create the eventfd: ${lack}; 1 left`,
      inbox: "done; 0 left",
      engine: `create the epoll instance: ${lack}; 1 left`,
      datagram: "send to /nowhere: no such file or directory; 1 left",
      listen: "done; 0 left",
      connect: "connect to /nowhere: no such file or directory; 1 left",
      memory: "done; 0 left",
      unix: `make an eventfd: ${lack}; 1 left`,
      listening: "done; 1 left",
      file: "done; 1 left",
      socket: "done; 0 left",
      // It has found the way home.
      namespace: `cannot open network namespace /proc/self/ns/net: ${lack}; 0 left`,
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
