import assert from "node:assert/strict";
import fc from "fast-check";
import { connectTo } from "../../lib/cli/client.ts";
import { readClientTls } from "../../lib/cli/credentials.ts";
import { closeConn } from "../../lib/h2/mod.ts";
import { Budgets } from "../../lib/port/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { certFile, serverIdentity, TlsClient } from "../support/certificates.ts";
import { Resetter } from "../support/reset.ts";
import { until } from "../support/until.ts";
import { FakeLog } from "../port/support/fake_log.ts";
import { serve } from "../api/support/harness.ts";

/** What one client does that nobody asked for; it leaves when it is done. */
type Misdeed =
  | { readonly kind: "garbage"; readonly octets: Uint8Array }
  | { readonly kind: "record"; readonly octets: Uint8Array }
  | { readonly kind: "cut"; readonly after: number }
  | { readonly kind: "altered"; readonly at: number; readonly octet: number }
  | { readonly kind: "silent" | "reset" };

const octets = fc.uint8Array({ maxLength: 300 });
const misdeeds: fc.Arbitrary<Misdeed> = fc.oneof(
  fc.record({ kind: fc.constant("garbage" as const), octets }),
  fc.record({ kind: fc.constant("record" as const), octets }),
  fc.record({ kind: fc.constant("cut" as const), after: fc.nat(600) }),
  fc.record({ kind: fc.constant("altered" as const), at: fc.nat(1500), octet: fc.nat(255) }),
  fc.record({ kind: fc.constantFrom("silent" as const, "reset" as const) }),
);

async function commit(misdeed: Misdeed, port: number, resetter: Resetter): Promise<void> {
  if (misdeed.kind === "reset") return void resetter.reset(port);
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const say = (part: Uint8Array) => conn.write(part).catch(() => 0);
  const leave = () => closeConn(conn);
  switch (misdeed.kind) {
    case "silent":
      return leave();
    case "garbage":
      await say(misdeed.octets);
      return leave();
    case "record": {
      const { length } = misdeed.octets;
      await say(new Uint8Array([22, 3, 1, length >> 8, length & 255, ...misdeed.octets]));
      return leave();
    }
    case "cut":
    case "altered": {
      // A client of TLS whose octets come through as far as it is let.
      let sent = 0;
      const client = new TlsClient({
        read: (into) => conn.read(into),
        async write(part) {
          const copy = part.slice();
          if (misdeed.kind === "altered" && misdeed.at - sent < copy.length) {
            copy[Math.max(0, misdeed.at - sent)] = misdeed.octet;
          }
          const most = misdeed.kind === "cut" ? misdeed.after - sent : copy.length;
          sent += copy.length;
          if (most > 0) await say(copy.subarray(0, most));
          if (most < copy.length) leave();
          return copy.length;
        },
        close: leave,
      });
      await client.secured().catch(() => {});
      return client.conn.close();
    }
  }
}

Deno.test("whatever clients do in a handshake, others are served and nothing is left", async () => {
  const log = new FakeLog();
  const budgets = new Budgets(log, systemClock);
  const counts = { open: 0 };
  const connections = {
    opened: () => void counts.open++,
    closed: () => void counts.open--,
    ...{ refused() {}, displaced() {}, failed() {} },
  };
  await using harness = await serve({
    ...{ tls: { identity: await serverIdentity(true) }, budgets, connections },
    limits: { handshakeMs: 60_000, h1: { lingerMs: 50 } },
  });
  using resetter = new Resetter();
  const { port } = harness.server;
  const tls = await readClientTls({ ca: certFile("authority") });
  await fc.assert(
    fc.asyncProperty(fc.array(misdeeds, { minLength: 1, maxLength: 6 }), async (many) => {
      const under = many.map((each) => commit(each, port, resetter));
      using honest = connectTo(`localhost:${port}`, undefined, tls);
      assert.equal((await honest.client.getBackend({ name: "web0" })).name, "web0");
      await Promise.all(under);
    }),
    { numRuns: 40 },
  );
  const handshakes = [...budgets.all].find(({ name }) => name === "grpc-handshakes");
  await until(() => counts.open === 0);
  assert.equal(handshakes?.used, 0);
  assert.deepEqual(harness.log.named("grpc-handler-error"), []);
});
