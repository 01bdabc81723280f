import assert from "node:assert/strict";
import { messageTable } from "../../lib/sim/messages.ts";
import { allMessages, cliInband, showVersion, sockclntDelete } from "../../lib/gen/vpp.ts";
import { Client } from "./support/client.ts";
import { clientFrame, RawClient } from "./support/raw_client.ts";
import { withVpp } from "./support/with_vpp.ts";

const own = allMessages.map(({ name }) => name);

Deno.test("VPP can send every message of its table, and ids that are in none", async () => {
  await withVpp(async ({ apiPath, vpp }) => {
    using client = await Client.connect(apiPath);
    for (const { nameCrc } of messageTable) {
      const message = nameCrc.slice(0, nameCrc.lastIndexOf("_"));
      vpp.say({ message, context: 7 });
      const said = await client.receive();
      assert.deepEqual([said?.name, said?.context], [nameCrc, 7]);
      if (!own.includes(message)) assert.equal(said?.bytes.length, 0, message);
    }
    for (const message of [0, 854, 0x7fff, 0xffff]) {
      vpp.say({ message, body: new Uint8Array([1, 2, 3]) });
      const said = await client.receive();
      assert.deepEqual([said?.name, said?.context, said?.bytes.toHex()], ["", 0, "010203"]);
    }
    assert.throws(() => vpp.say({ message: "no_such_message" }), /has no message no_such_message/);
    vpp.kill();
    assert.throws(() => vpp.say({ message: "show_version_reply" }), /does not run/);
  });
});

Deno.test("what VPP says by itself reaches every client, replies only who asked", async () => {
  await withVpp(async ({ apiPath, vpp }) => {
    using first = await Client.connect(apiPath);
    using second = await Client.connect(apiPath);
    vpp.say({ message: "show_version_reply", context: 9, fields: { program: "vpe", retval: -4 } });
    for (const client of [first, second]) {
      const { program, retval } = await client.expect(showVersion);
      assert.deepEqual([program, retval], ["vpe", -4]);
      await client.expectNothingButPing();
    }
  });
});

Deno.test("another message may come in place of a reply, or right before it", async () => {
  await withVpp(async ({ apiPath, vpp }) => {
    using client = await Client.connect(apiPath);
    const when = ({ name }: { name: string }) => name === "show_version";
    const ask = () => client.send(showVersion, {});
    const instead = { message: "cli_inband_reply", fields: { reply: "x".repeat(3_000_000) } };
    vpp.misbehave({ when, times: 1, fault: { kind: "instead", message: instead } });
    await ask();
    assert.equal((await client.expect(cliInband)).reply.length, 3_000_000);
    const event = { message: "sw_interface_event" };
    vpp.misbehave({ when, times: 1, fault: { kind: "interrupted", message: event } });
    await ask();
    const [said, replied] = [await client.receive(), await client.receive()];
    assert.match(said?.name ?? "", /^sw_interface_event_/);
    assert.equal(said?.context, 0);
    assert.match(replied?.name ?? "", /^show_version_reply_/);
  });
});

Deno.test("the first eight bytes of a frame are anything, the next eight its length and 0", async () => {
  await withVpp(async ({ apiPath, vpp }) => {
    using raw = await RawClient.connect(apiPath);
    const hello = new Uint8Array(70);
    hello[1] = 15;
    await raw.send(clientFrame(hello));
    await raw.receive();
    const headers = new Set<string>();
    for (let length = 0; length < 50; length++) {
      vpp.say({ message: 4, body: new Uint8Array(length) });
      const frame = await raw.receive();
      assert.equal(frame?.header.subarray(8).toHex(), `${hex32(6 + length)}00000000`);
      headers.add(frame?.header.subarray(0, 8).toHex() ?? "");
    }
    assert.equal(headers.size, 50);
  });
});

Deno.test("sockclnt_delete: a client that nobody knows is ignored, an unknown index answered with -1", async () => {
  await withVpp(async ({ apiPath }) => {
    using client = await Client.connect(apiPath);
    const bytes = client.encode(sockclntDelete, { index: client.clientIndex });
    bytes.set([0x80, 0, 0, 9], 2);
    await client.raw.send(clientFrame(bytes));
    await client.expectNothingButPing();
    const unknown = { index: client.clientIndex + 5 };
    const reply = await client.request(
      sockclntDelete,
      unknown,
    );
    assert.equal(reply.response, -1);
    await client.expectNothingButPing();
  });
});

function hex32(value: number): string {
  return value.toString(16).padStart(8, "0");
}
