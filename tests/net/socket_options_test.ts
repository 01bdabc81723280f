import assert from "node:assert/strict";
import { libc } from "../../lib/net/libc.ts";
import { Connection, Engine, PingSocket } from "../../lib/net/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { ip } from "../support/ip.ts";
import { descriptorsOf } from "./support/descriptors.ts";
import { needingNamespaces } from "./support/namespaces.ts";
import { RawServer } from "./support/raw_server.ts";

/** Levels and options, as the kernel's headers have them. */
const linger = [1, 13] as const;
const stamps = [1, 35] as const;
const sendBuffer = [1, 7] as const;
const receiveBuffer = [1, 8] as const;
const bindNoPort = [0, 24] as const;
const tcpInfo = [6, 11] as const;
/** Which word of `struct tcp_info` says how many segments were sent. */
const segmentsOut = 34;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

function option(fd: number, [level, name]: readonly [number, number]): number[] {
  const value = new Int32Array(64);
  const length = new Uint32Array([value.byteLength]);
  const bytes = new Uint8Array(value.buffer);
  assert.equal(libc.getsockopt(fd, level, name, bytes, new Uint8Array(length.buffer)), 0);
  return [...value.subarray(0, (length[0] ?? 0) / 4)];
}

function assertFlags(fd: number): void {
  const info = Deno.readTextFileSync(`/proc/self/fdinfo/${fd}`);
  const flags = parseInt(/^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? "", 8);
  assert.equal(flags & (O_NONBLOCK | O_CLOEXEC), O_NONBLOCK | O_CLOEXEC);
}

Deno.test("a connection never blocks, is not inherited, resets at its end", async () => {
  await using engine = new Engine(new FakeClock());
  using server = new RawServer();
  const { port } = server;
  const opened: Connection[] = [];
  const open = (source: string | undefined) =>
    descriptorsOf(() => {
      const connection = engine.connect({
        ...{ address: ip("127.0.0.1"), port, netns: "", suspect: false },
        source: source === undefined ? undefined : ip(source),
      }, { connected() {}, readable() {}, failed() {} });
      assert.ok(connection instanceof Connection);
      opened.push(connection);
    });
  for (const source of [undefined, "127.0.0.7"]) {
    const [fd = -1, ...others] = open(source);
    assert.deepEqual(others, []);
    assertFlags(fd);
    assert.deepEqual(option(fd, linger), [1, 0]);
    assert.deepEqual(option(fd, bindNoPort), [source === undefined ? 0 : 1]);
    assert.deepEqual(option(fd, stamps), [0]);
    opened.at(-1)?.watchReading();
    assert.deepEqual(option(fd, stamps), [1]);
  }
  for (const connection of opened) connection[Symbol.dispose]();
});

Deno.test("a connection delays the last ACK of its handshake until there is data to carry it", async () => {
  await using engine = new Engine(new FakeClock());
  using server = new RawServer();
  const address = ip("127.0.0.1");
  const target = { address, port: server.port, netns: "", suspect: false, source: undefined };
  // The kernel gives up waiting after 200 ms, within which this may not have got a turn.
  const isDelayed = () => {
    const opened: Connection[] = [];
    const user = { connected() {}, readable() {}, failed() {} };
    const [fd = -1] = descriptorsOf(() => {
      const connection = engine.connect(target, user);
      assert.ok(connection instanceof Connection);
      opened.push(connection);
    });
    const sent = option(fd, tcpInfo)[segmentsOut];
    return opened.every((connection) => {
      const { established } = connection;
      connection[Symbol.dispose]();
      return established && sent === 1;
    });
  };
  assert.ok(Array.from({ length: 20 }).some(isDelayed));
});

Deno.test({
  ...needingNamespaces("a ping socket never blocks, is not inherited, is stamped and has room"),
  fn: async () => {
    await using engine = new Engine(new FakeClock());
    const plain = descriptorsOf(() => libc.socket(2, 2, 0))[0] ?? -1;
    for (const family of [4, 6] as const) {
      const origin = { family, netns: "", source: undefined } as const;
      const filter = { types: [], program: Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0) };
      const sockets: PingSocket[] = [];
      const [fd = -1, ...others] = descriptorsOf(() => {
        const socket = engine.openPing(origin, filter, () => {});
        assert.ok(socket instanceof PingSocket);
        sockets.push(socket);
      });
      assert.deepEqual(others, []);
      assertFlags(fd);
      assert.deepEqual(option(fd, stamps), [1]);
      for (const [buffer, forced] of [[sendBuffer, 32], [receiveBuffer, 33]] as const) {
        const asked = new Uint8Array(new Int32Array([8 << 20]).buffer);
        if (libc.setsockopt(plain, 1, forced, asked, 4) !== 0) {
          libc.setsockopt(plain, buffer[0], buffer[1], asked, 4);
        }
        assert.deepEqual(option(fd, buffer), option(plain, buffer));
      }
      for (const socket of sockets) socket[Symbol.dispose]();
    }
    libc.close(plain);
  },
});

const withoutAdmin = `
  import { libc } from "${import.meta.resolve("../../lib/net/libc.ts")}";
  import { Engine } from "${import.meta.resolve("../../lib/net/mod.ts")}";
  const engine = new Engine();
  const own = libc.socket(2, 2, 0);
  const asked = new Uint8Array(new Int32Array([8 << 20]).buffer);
  const refused = libc.setsockopt(own, 1, 32, asked, 4);
  for (const buffer of [7, 8]) libc.setsockopt(own, 1, buffer, asked, 4);
  const origin = { family: 4, netns: "", source: undefined };
  const filter = { types: [], program: Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0) };
  engine.openPing(origin, filter, () => {});
  const size = (fd, buffer) => {
    const value = new Int32Array(1);
    libc.getsockopt(fd, 1, buffer, new Uint8Array(value.buffer), new Uint8Array([4, 0, 0, 0]));
    return value[0];
  };
  const sizes = (fd) => [size(fd, 7), size(fd, 8)];
  // The one that was opened after it.
  console.log(JSON.stringify([refused, sizes(own), sizes(own + 1)]));
  Deno.exit(0);
`;

Deno.test({
  ...needingNamespaces("who may not exceed the usual buffers has these for pings", "setpriv"),
  fn: async () => {
    const program = [Deno.execPath(), "eval", "--no-check", withoutAdmin];
    const { stdout, stderr } = await new Deno.Command("setpriv", {
      args: ["--bounding-set", "-net_admin", "--inh-caps", "-net_admin", ...program],
    }).output();
    const said = new TextDecoder().decode(stdout);
    assert.notEqual(said, "", new TextDecoder().decode(stderr));
    const [refused, usual, ping] = JSON.parse(said);
    assert.equal(refused, -1, "it may");
    assert.deepEqual(ping, usual);
  },
});

Deno.test("what an engine holds is not inherited", async () => {
  const engines: Engine[] = [];
  const fds = descriptorsOf(() => engines.push(new Engine(new FakeClock())));
  assert.equal(fds.length, 3);
  for (const fd of fds) {
    const info = Deno.readTextFileSync(`/proc/self/fdinfo/${fd}`);
    const flags = parseInt(/^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? "", 8);
    assert.equal(flags & O_CLOEXEC, O_CLOEXEC);
  }
  // One of them keeps the kernel stamping.
  const sockets = fds.filter((fd) => Deno.readLinkSync(`/proc/self/fd/${fd}`).startsWith("socket"));
  assert.deepEqual(sockets.map((fd) => option(fd, stamps)), [[1]]);
  for (const engine of engines) await engine.close();
});
