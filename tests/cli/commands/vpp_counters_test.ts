import assert from "node:assert/strict";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { execute, parseCommand } from "../../../lib/cli/execute.ts";
import { plainStyle } from "../../../lib/cli/style.ts";
import { VPPLBCountersSchema } from "../../../lib/gen/maglev_pb.ts";
import { fixedClient, now } from "../support/fixture.ts";

type Counters = MessageInitShape<typeof VPPLBCountersSchema>;

/** What a shell prints when it asks once for each of these readings. */
async function shown(...readings: Counters[]): Promise<string[]> {
  const printed: string[] = [];
  const memory = new Map();
  for (const reading of readings) {
    const client = {
      ...fixedClient(),
      getVPPLBCounters: () => Promise.resolve(create(VPPLBCountersSchema, reading)),
    };
    const lines: string[] = [];
    await execute(parseCommand(["show", "vpp", "lb", "counters"]), {
      client,
      style: plainStyle,
      json: false,
      signal: new AbortController().signal,
      memory,
      now: () => now,
      server: "localhost:9090",
      print: (text) => void lines.push(text),
      note: () => {},
      dryRun: false,
      timeout: undefined,
      agree: () => Promise.resolve(true),
    });
    printed.push(lines.join("\n"));
  }
  return printed;
}

const second = 1_000_000_000n;
const http = { prefix: "192.0.2.1/32", protocol: "tcp", port: 80 };
const https = { prefix: "192.0.2.1/32", protocol: "tcp", port: 443 };
const dns = { prefix: "2001:db8::53/128", protocol: "udp", port: 53 };

/** A reading `seconds` after the first, in which everything has been counted `times` times. */
function reading(seconds: bigint, times: bigint): Counters {
  const address = { packets: 4n * times, bytes: 400n * times };
  const old = { packets: 1n * times, bytes: 100n * times };
  return {
    atUnixNs: second + seconds * second,
    vips: [
      { ...http, ...address, frontend: "www", firstPacket: times, nextPacket: 2n * times },
      { ...https, ...address, untrackedPacket: times },
      { ...dns, ...old, noServer: times },
    ],
    addresses: [
      { prefix: http.prefix, ...address, frontends: ["tls", "www"] },
      { prefix: dns.prefix, ...old },
    ],
    servers: [{
      ...{ address: "10.0.0.1", packets: 3n * times, bytes: 372n * times },
      backends: ["web1"],
    }],
  };
}

Deno.test("an address with two ports is shown once, each port with its own packets", async () => {
  const [text] = await shown(reading(0n, 10n));
  assert.equal(
    text,
    `\
vip           protocol  port  first  next  untracked  no-server  frontend
192.0.2.1     tcp         80     10    20          0          0  www
192.0.2.1     tcp        443      0     0         10          0
2001:db8::53  udp         53      0     0          0         10

address       packets  bytes  frontends
192.0.2.1          40  4,000  tls, www
2001:db8::53       10  1,000

server    packets  bytes  backends
10.0.0.1       30  3,720  web1`,
  );
});

Deno.test("in a shell the second time shows rates, of each VIP, address and server", async () => {
  const [, text] = await shown(reading(0n, 10n), reading(5n, 20n));
  assert.equal(
    text,
    `\
vip           protocol  port  first  next  untracked  no-server  packets/s  frontend
192.0.2.1     tcp         80     20    40          0          0          6  www
192.0.2.1     tcp        443      0     0         20          0          2
2001:db8::53  udp         53      0     0          0         20          2

address       packets  bytes  packets/s  bytes/s  frontends
192.0.2.1          80  8,000          8      800  tls, www
2001:db8::53       20  2,000          2      200

server    packets  bytes  packets/s  bytes/s  backends
10.0.0.1       60  7,440          6      744  web1`,
  );
});

Deno.test("counters that went back, or were not there before, have no rate", async () => {
  const [, text = ""] = await shown({ ...reading(0n, 10n), servers: [] }, reading(5n, 9n));
  assert.match(text, /^192\.0\.2\.1 +tcp +80 +9 +18 +0 +0 +- {2}www$/m);
  assert.match(text, /^192\.0\.2\.1 +36 +3,600 +- +- {2}tls, www$/m);
  assert.match(text, /^10\.0\.0\.1 +27 +3,348 +- +- {2}web1$/m);
});

Deno.test("an older server tells addresses only with their VIPs: they are shown once too", async () => {
  const [text] = await shown({ ...reading(0n, 10n), addresses: [] });
  const [newer] = await shown(reading(0n, 10n));
  assert.equal(text, newer?.replace("  tls, www", ""));
});

Deno.test("without VIPs there is nothing to show", async () => {
  assert.deepEqual(await shown({ atUnixNs: 0n }), ["no VIP counters yet"]);
});
