import assert from "node:assert/strict";
import {
  controlPing,
  lbAddDelVipV2,
  lbFlushVip,
  showVersion,
  sockclntDelete,
} from "../../lib/gen/vpp.ts";
import { Client } from "./support/client.ts";
import { clientFrame, RawClient } from "./support/raw_client.ts";
import { newVip, vipFields, withVpp } from "./support/with_vpp.ts";

Deno.test("an unknown id gets no reply, and the connection stays open", async () => {
  await withVpp(async ({ apiPath }) => {
    using client = await Client.connect(apiPath);
    const bytes = client.encode(controlPing, {});
    bytes.set([0x7f, 0xff]);
    await client.raw.send(clientFrame(bytes));
    await client.expectNothingButPing();
  });
});

Deno.test("a message that is too short gets no reply and does nothing", async () => {
  await withVpp(async ({ apiPath, vpp }) => {
    using client = await Client.connect(apiPath);
    const whole = client.encode(lbAddDelVipV2, newVip("192.0.2.1/32"));
    for (const length of [0, 1, 2, 9, 20, whole.length - 1]) {
      await client.raw.send(clientFrame(whole.slice(0, length)));
    }
    await client.expectNothingButPing();
    assert.deepEqual(vpp.state(), []);
  });
});

Deno.test("a request with a client_index that nobody has is carried out without a reply", async () => {
  await withVpp(async ({ apiPath, vpp }) => {
    using client = await Client.connect(apiPath);
    const bytes = client.encode(lbAddDelVipV2, newVip("192.0.2.1/32"));
    bytes.set([0x80, 0, 0, 9], 2);
    await client.raw.send(clientFrame(bytes));
    await client.expectNothingButPing();
    assert.equal(vpp.state().length, 1);
  });
});

Deno.test("500 pipelined requests are answered in order", async () => {
  await withVpp(async ({ apiPath }) => {
    using client = await Client.connect(apiPath);
    const contexts = Array.from({ length: 500 }, (_, i) => 1000 + i);
    await client.raw.send(
      ...contexts.map((context) => clientFrame(client.encode(controlPing, {}, context))),
    );
    const replies: (number | undefined)[] = [];
    for (const _ of contexts) replies.push((await client.receive())?.context);
    assert.deepEqual(replies, contexts);
  });
});

Deno.test("frames may come in pieces of any size", async () => {
  await withVpp(async ({ apiPath }) => {
    using client = await Client.connect(apiPath);
    const frame = clientFrame(client.encode(showVersion, {}));
    for (const byte of frame) await client.raw.send(new Uint8Array([byte]));
    const reply = await client.expect(showVersion);
    assert.equal(reply.version, "26.10-rc0~374-gb575ec2c56d");
  });
});

Deno.test("a client that announces an impossible length is dropped, others are served", async () => {
  await withVpp(async ({ apiPath }) => {
    using bad = await RawClient.connect(apiPath);
    using good = await Client.connect(apiPath);
    await bad.send(clientFrame(new Uint8Array(2), 0xffff_ffff));
    assert.equal(await bad.receive(), undefined);
    await good.expectNothingButPing();
  });
});

Deno.test("sockclnt_delete is answered with 1, then VPP hangs up; the next client gets its index", async () => {
  await withVpp(async ({ apiPath }) => {
    using first = await Client.connect(apiPath);
    using second = await Client.connect(apiPath);
    assert.equal(first.clientIndex, 0x8000_0001);
    assert.equal(second.clientIndex, 0x8000_0002);
    const reply = await first.request(
      sockclntDelete,
      { index: first.clientIndex },
    );
    assert.equal(reply.response, 1);
    assert.equal(await first.receive(), undefined);
    using third = await Client.connect(apiPath);
    assert.equal(third.clientIndex, 0x8000_0001);
  });
});

Deno.test("an older VPP lacks messages, another one has them with other CRCs", async () => {
  const options = { lacks: ["lb_as_set_weight"], changed: ["lb_conf_get"] };
  await withVpp(async ({ apiPath }) => {
    using client = await Client.connect(apiPath);
    assert.equal(client.ids.has("lb_as_set_weight_2d89bdbd"), false);
    assert.equal(client.ids.has("lb_conf_get_51077d14"), false);
    assert.equal(client.ids.has("lb_conf_get_deadbeef"), true);
    assert.equal(client.ids.size, 852);
  }, options);
});

Deno.test("a command with a NUL behind it is unknown", async () => {
  await withVpp(async ({ apiPath }) => {
    using client = await Client.connect(apiPath);
    assert.equal((await client.cli("show lb\0")).retval, -1);
    assert.deepEqual(await client.cli("show lb vips"), { retval: 0, reply: "" });
    assert.deepEqual(await client.cli("no such command"), {
      retval: -1,
      reply: "unknown input `no such command'\n",
    });
  });
});

Deno.test("every request is in the journal with its fields and its return value", async () => {
  await withVpp(async ({ apiPath, vpp }) => {
    using client = await Client.connect(apiPath);
    await client.request(lbFlushVip, vipFields("192.0.2.1/32"));
    const entry = vpp.journal.entries.findLast((event) => event.kind === "request");
    assert.ok(entry?.kind === "request");
    assert.equal(entry.request.name, "lb_flush_vip");
    assert.equal(entry.request.fields.port, 80);
    assert.equal(entry.retval, 0);
    assert.deepEqual(vpp.journal.requests().map(({ name }) => name), [
      "sockclnt_create",
      "lb_flush_vip",
    ]);
  });
});

Deno.test("a reply of several hundred kilobytes comes whole in one frame", async () => {
  await withVpp(async ({ apiPath, vpp }) => {
    for (let i = 0; i < 1000; i++) {
      vpp.byHand.addVip({
        prefix: `10.0.${i >> 8}.${i & 255}/32`,
        protocol: 6,
        port: 80,
        encap: "gre4",
      });
    }
    using client = await Client.connect(apiPath);
    const { retval, reply } = await client.cli("show lb vips verbose");
    assert.equal(retval, 0);
    assert.ok(reply.length > 200_000);
    assert.equal(reply.split("\n ip4-gre4 [").length, 1000);
  });
});
