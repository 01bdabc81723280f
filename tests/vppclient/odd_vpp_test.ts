import assert from "node:assert/strict";
import { messageTable } from "../../lib/sim/messages.ts";
import type { Fault, OutgoingMessage, SimRequest } from "../../lib/sim/mod.ts";
import type { ApiClient } from "../../lib/vppclient/client.ts";
import { formatRetval } from "../../lib/vppclient/errors.ts";
import { cliInband, controlPing, lbVipDump, showVersion } from "../../lib/gen/vpp.ts";
import { InMemoryBench } from "../sim/support/in_memory_bench.ts";
import { ip } from "../support/ip.ts";

const everything = {
  pfx: { address: ip("0.0.0.0"), len: 0 },
  ...{ protocol: 255, port: 0, pfx_matcher: { le: 0, ge: 0 } },
};
const namesOf = messageTable.map(({ nameCrc }) => nameCrc.slice(0, nameCrc.lastIndexOf("_")));

/**
 * Runs a test with a client that is connected to a VPP told to misbehave; `closed` looks at what it
 * has left behind.
 */
async function withClient(
  run: (client: ApiClient, bench: InMemoryBench) => Promise<void>,
  closed: (bench: InMemoryBench) => void = () => {},
): Promise<void> {
  const bench = new InMemoryBench(26_10);
  const client = await bench.until(bench.connect());
  await run(client, bench);
  await bench.until(client.close());
  closed(bench);
  bench.vpp.kill();
  assert.equal(bench.clock.pending, 0);
}

/** The requests called `name` meet a fault, once. */
function meet(bench: InMemoryBench, name: string, fault: Fault): void {
  bench.vpp.misbehave({ when: (request: SimRequest) => request.name === name, times: 1, fault });
}

/** Why the connection ends when a reply to `show_version` is this. */
async function endAfter(fault: Fault): Promise<string> {
  let reason: string | undefined;
  await withClient(async (client, bench) => {
    meet(bench, "show_version", fault);
    const asked = await bench.failure(client.request(showVersion, {}));
    reason = (await bench.until(client.ended))?.message;
    assert.equal(asked.message, reason);
  });
  return reason ?? "";
}

Deno.test("no message of VPP's own accord disturbs a client, whatever it is", async () => {
  await withClient(async (client, bench) => {
    const { vpp } = bench;
    for (const message of [...namesOf, 0, 854, 0x7fff, 0xffff]) {
      for (const context of [0, 0xffff_ffff]) {
        vpp.say({ message, context, body: new Uint8Array(message === 854 ? 0 : 40) });
      }
    }
    const { retval } = await bench.until(client.request(controlPing, {}));
    assert.equal(retval, 0);
  }, ({ log }) => {
    const left = (name: string) => log.named("log-limited").find(({ record }) => record === name);
    const told = (name: string) => log.named(name).length + Number(left(name)?.suppressed ?? 0);
    const orphans = told("vpp-api-orphan");
    assert.equal(told("vpp-api-unexpected") + orphans, 2 * (namesOf.length + 4));
    assert.ok(orphans >= 2 * 12, "replies that nobody waits for");
  });
});

Deno.test("an event between a request and its reply is passed over, within a dump too", async () => {
  await withClient(async (client, bench) => {
    const message: OutgoingMessage = { message: "sw_interface_event", body: new Uint8Array(30) };
    bench.vpp.byHand.addVip({ prefix: "192.0.2.1/32", protocol: 6, port: 80, encap: "gre4" });
    meet(bench, "show_version", { kind: "interrupted", message });
    meet(bench, "lb_vip_dump", { kind: "interrupted", message });
    const { program } = await bench.until(client.request(showVersion, {}));
    const ports: number[] = [];
    await bench.until(client.dump(lbVipDump, everything, ({ vip }) => ports.push(vip.port)));
    assert.deepEqual([program, ports], ["vpe", [80]]);
    assert.equal(bench.log.named("vpp-api-unexpected").length, 2);
    assert.deepEqual(bench.log.named("vpp-api-orphan"), []);
  });
});

Deno.test("a reply of many megabytes is read, one beyond all sense ends the connection", async () => {
  await withClient(async (client, bench) => {
    const message = { message: "cli_inband_reply", fields: { reply: "x".repeat(5_000_000) } };
    meet(bench, "cli_inband", { kind: "instead", message });
    const { reply } = await bench.until(client.request(cliInband, { cmd: "show lb" }));
    assert.equal(reply.length, 5_000_000);
  });
  assert.equal(
    await endAfter({ kind: "wrong-length", length: 64 * 1024 * 1024 + 1 }),
    "VPP announced a message of 67108865 bytes, possible are 2 to 67108864",
  );
});

Deno.test("a text longer than its message ends the connection", async () => {
  await withClient(async (client, bench) => {
    const body = new Uint8Array(8 + 10);
    new DataView(body.buffer).setUint32(4, 0x7fff_ffff);
    const message = { message: "cli_inband_reply", body };
    meet(bench, "cli_inband", { kind: "instead", message });
    const error = await bench.failure(client.request(cliInband, { cmd: "show lb" }));
    assert.match(error.message, /^VPP sent what cannot be read: cli_inband_reply/);
  });
});

Deno.test("another message with the context of a request ends the connection", async () => {
  for (const message of ["lb_conf_reply", "lb_vip_details", "sockclnt_delete_reply"]) {
    const reason = await endAfter({ kind: "instead", message: { message } });
    assert.equal(reason, `VPP answered show_version with ${message}`);
  }
});

Deno.test("a good-bye that is refused, or not answered, is one all the same", async () => {
  for (
    const fault of [
      { kind: "silence" },
      { kind: "instead", message: { message: "sockclnt_delete_reply", fields: { response: -1 } } },
      { kind: "truncated", bytes: 3 },
    ] satisfies Fault[]
  ) {
    await withClient(async (client, bench) => {
      meet(bench, "sockclnt_delete", fault);
      await bench.until(client.close());
      assert.equal(await bench.until(client.ended), undefined);
      await bench.clock.advanceAsync(10);
      assert.equal(bench.vpp.clients, 0);
    });
  }
});

Deno.test("each return value but 0 rejects with its number and name", async () => {
  await withClient(async (client, bench) => {
    for (const retval of [-1, -6, -70, -73, -81, -97, -168, -0x8000_0000, 1]) {
      meet(bench, "show_version", { kind: "retval", retval });
      const error = await bench.failure(client.request(showVersion, {}));
      assert.ok(error.message.includes(formatRetval(retval)), error.message);
    }
  });
});
