import assert from "node:assert/strict";
import { FakeClock } from "../../lib/time/mod.ts";
import type { ApiClient, ClientContext } from "../../lib/vppclient/client.ts";
import { connectApi } from "../../lib/vppclient/connect.ts";
import {
  cliInband,
  controlPing,
  lbAddDelAsV2,
  lbAsSetWeight,
  lbVipDump,
  showVersion,
  sockclntDelete,
} from "../../lib/gen/vpp.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { type Asked, frameOf, type Script, ScriptedVpp } from "./support/scripted_vpp.ts";
import { ip } from "../support/ip.ts";

const pong = { retval: 0, client_index: 1, vpe_pid: 42 };

/** Answers pings and good-byes. */
async function oblige({ message, context, peer }: Asked): Promise<void> {
  if (message === controlPing.request) await peer.send(controlPing.reply, context, pong);
  if (message === sockclntDelete.request) {
    await peer.send(sockclntDelete.reply, context, { response: 1 });
    peer.close();
  }
}

class Setup implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly seen: string[] = [];

  private constructor(
    readonly vpp: ScriptedVpp,
    readonly client: ApiClient,
    readonly log: RecordedLog,
    readonly context: ClientContext,
  ) {}

  static async with(script: Script, level: "debug" | "info" = "info"): Promise<Setup> {
    const vpp = await ScriptedVpp.start(script);
    const log = new RecordedLog(level);
    const seen: string[] = [];
    const clock = new FakeClock();
    const context: ClientContext = {
      log,
      clock,
      deadlineMs: 5_000,
      observer: { apiMessage: (...args) => void seen.push(args.join(" ")) },
    };
    const client = await connectApi(vpp.path, context);
    const setup = new Setup(vpp, client, log, context);
    Object.assign(setup, { clock, seen });
    return setup;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.vpp[Symbol.asyncDispose]();
    assert.equal(this.clock.pending, 0, "a timer is left");
  }
}

Deno.test("answers find their requests whatever their order", async () => {
  const asked: Asked[] = [];
  await using setup = await Setup.with({
    async asked(one) {
      if (one.message !== cliInband.request) return await oblige(one);
      asked.push(one);
      if (asked.length < 3) return;
      for (const { peer, context, value } of asked.toReversed()) {
        await peer.send(cliInband.reply, context, { retval: 0, reply: `said ${value.cmd}` });
      }
    },
  });
  const replies = await Promise.all(
    ["a", "b", "c"].map((cmd) => setup.client.request(cliInband, { cmd })),
  );
  assert.deepEqual(replies.map(({ reply }) => reply), ["said a", "said b", "said c"]);
});

Deno.test("a thousand requests in flight are all answered", async () => {
  await using setup = await Setup.with({ asked: oblige });
  const pings = Array.from({ length: 1_000 }, () => setup.client.request(controlPing, {}));
  assert.equal(setup.client.inFlight, 1_000);
  assert.equal((await Promise.all(pings)).length, 1_000);
  assert.equal(setup.client.inFlight, 0);
});

const details = {
  vip: { pfx: { address: ip("192.0.2.1"), len: 32 }, protocol: 6, port: 80 },
  encap: 0,
  dscp: 0,
  srv_type: 0,
  target_port: 0,
  flow_table_length: 1024,
};
const everything = {
  pfx: { address: ip("0.0.0.0"), len: 0 },
  pfx_matcher: { le: 0, ge: 0 },
  protocol: 255,
  port: 0,
};

Deno.test("a dump gathers its details until the reply to its ping", async () => {
  await using setup = await Setup.with({
    async asked(one) {
      if (one.message === lbVipDump.request) {
        for (const port of [80, 443]) {
          const vip = { ...details.vip, port };
          await one.peer.send(lbVipDump.details, one.context, { ...details, vip });
        }
      } else await oblige(one);
    },
  });
  const found: string[] = [];
  await setup.client.dump(
    lbVipDump,
    everything,
    ({ vip }) => found.push(`${vip.pfx.address.text} ${vip.port}`),
  );
  assert.deepEqual(found, ["192.0.2.1 80", "192.0.2.1 443"]);
  assert.deepEqual(setup.seen.filter((line) => line.startsWith("lb_vip")), [
    "lb_vip_dump send success",
    ...Array(2).fill("lb_vip_details recv success"),
  ]);
});

Deno.test("a mistake of whoever takes the answers ends the connection, and is told as it is", async () => {
  await using setup = await Setup.with({
    async asked(one) {
      if (one.message !== lbVipDump.request) return await oblige(one);
      await one.peer.send(lbVipDump.details, one.context, details);
    },
  });
  const mistake = new TypeError("undefined is not a function");
  const dumping = setup.client.dump(lbVipDump, everything, () => {
    throw mistake;
  });
  await assert.rejects(dumping, mistake);
  assert.equal(await setup.client.ended, mistake);
});

const server = {
  pfx: details.vip.pfx,
  protocol: 6,
  port: 80,
  as_address: ip("10.0.0.1"),
  weight: 10,
  is_flush: false,
};

Deno.test("a refusal names the message, the code and its symbol", async () => {
  await using setup = await Setup.with({
    async asked(one) {
      if (one.message !== lbAddDelAsV2.request) return await oblige(one);
      await one.peer.send(lbAddDelAsV2.reply, one.context, { retval: -81 });
    },
  });
  const adding = setup.client.request(lbAddDelAsV2, { ...server, is_del: false });
  await assert.rejects(adding, {
    name: "RetvalError",
    message: "VPP refused lb_add_del_as_v2: -81 (VALUE_EXIST)",
    retval: -81,
  });
  assert.ok(setup.seen.includes("lb_add_del_as_v2_reply recv failure"));
});

Deno.test("a request that must not be sent rejects, and the connection goes on", async () => {
  await using setup = await Setup.with({ asked: oblige });
  const setting = setup.client.request(lbAsSetWeight, { ...server, weight: 101 });
  await assert.rejects(setting, /lb_as_set_weight is not sent: weight 101 is over 100/);
  assert.equal((await setup.client.request(controlPing, {})).vpe_pid, 42);
});

Deno.test("a reply that never comes is an error with the message's name", async () => {
  await using setup = await Setup.with({
    asked: (one) => one.message === showVersion.request ? undefined : oblige(one),
  });
  const asking = setup.client.request(showVersion, {});
  await setup.client.request(controlPing, {});
  setup.clock.advance(5_250);
  await assert.rejects(asking, {
    name: "TimeoutError",
    message: "VPP did not answer show_version within 5000 ms",
  });
  assert.ok(setup.seen.includes("show_version_reply recv failure"));
});

Deno.test("a reply that comes after its deadline is counted and harms nobody", async () => {
  let late: Asked | undefined;
  await using setup = await Setup.with({
    async asked(one) {
      if (one.message === showVersion.request) late = one;
      else await oblige(one);
    },
  });
  const asking = setup.client.request(showVersion, {}, 100);
  await setup.client.request(controlPing, {});
  setup.clock.advance(1_000);
  await assert.rejects(asking, { name: "TimeoutError" });
  await late?.peer.send(showVersion.reply, late.context, {
    retval: 0,
    program: "vpe",
    version: "1",
    build_date: "",
    build_directory: "",
  });
  await setup.client.request(controlPing, {});
  assert.deepEqual(setup.log.named("vpp-api-unexpected"), []);
  assert.deepEqual(setup.log.named("vpp-api-orphan"), [{
    message: "show_version_reply",
    context: 1,
  }]);
});

Deno.test("an unknown id and a message nobody asked for are counted, logged at a limited rate, and skipped", async () => {
  await using setup = await Setup.with({
    async asked(one) {
      if (one.message === cliInband.request) {
        const strange = frameOf(controlPing.reply, 9_999, pong);
        for (let i = 0; i < 50; i++) {
          strange[16] = 0xff;
          await one.peer.sendRaw(strange);
        }
        await one.peer.send(controlPing.reply, 9_999, pong);
        await one.peer.send(cliInband.reply, one.context, { retval: 0, reply: "" });
      } else await oblige(one);
    },
  });
  await setup.client.request(cliInband, { cmd: "show version" });
  assert.equal(setup.log.named("vpp-api-orphan").length, 1);
  assert.equal(setup.log.named("vpp-api-unexpected").length, 5);
  await setup.client.close();
  assert.deepEqual(setup.log.named("log-limited").map(({ suppressed }) => suppressed), [45]);
});

/** Sends `bytes` instead of an answer; the result is why the client gave up. */
async function reasonAfter(bytes: Uint8Array, close = false): Promise<string> {
  await using setup = await Setup.with({
    async asked(one) {
      if (one.message !== showVersion.request) return await oblige(one);
      await one.peer.sendRaw(bytes);
      if (close) one.peer.close();
    },
  });
  const asking = setup.client.request(showVersion, {});
  await assert.rejects(asking, { name: "ConnectionError" });
  const reason = await setup.client.ended;
  await assert.rejects(setup.client.request(showVersion, {}), /the connection to VPP is closed/);
  return reason?.message ?? "";
}

function lengthSays(length: number): Uint8Array {
  const frame = frameOf(controlPing.reply, 1, pong);
  new DataView(frame.buffer).setUint32(8, length);
  return frame;
}

Deno.test("a length that cannot be true ends the connection", async () => {
  assert.equal(
    await reasonAfter(lengthSays(0xffffffff)),
    "VPP announced a message of 4294967295 bytes, possible are 2 to 67108864",
  );
  assert.equal(
    await reasonAfter(lengthSays(1)),
    "VPP announced a message of 1 bytes, possible are 2 to 67108864",
  );
});

Deno.test("a message shorter or longer than declared ends the connection", async () => {
  const version = { retval: 0, program: "", version: "", build_date: "", build_directory: "" };
  const frame = frameOf(showVersion.reply, 1, version);
  const short = frame.slice(0, -8);
  new DataView(short.buffer).setUint32(8, short.length - 16);
  assert.match(
    await reasonAfter(short),
    /^VPP sent what cannot be read: show_version_reply: 256 bytes are wanted/,
  );
  const long = new Uint8Array([...frame, 1, 2]);
  new DataView(long.buffer).setUint32(8, long.length - 16);
  assert.equal(
    await reasonAfter(long),
    "VPP sent what cannot be read: show_version_reply: 2 bytes follow the last field",
  );
});

Deno.test("an answer of another kind ends the connection", async () => {
  assert.equal(
    await reasonAfter(frameOf(controlPing.reply, 1, pong)),
    "VPP answered show_version with control_ping_reply",
  );
});

Deno.test("a connection that ends within a frame says so", async () => {
  const frame = frameOf(controlPing.reply, 1, pong).slice(0, 20);
  assert.equal(
    await reasonAfter(frame, true),
    "VPP closed the connection in the middle of a message, after 20 bytes of it",
  );
  assert.equal(await reasonAfter(new Uint8Array(), true), "VPP closed the connection");
});

Deno.test("closing says good-bye first, and closing twice is fine", async () => {
  const asked: string[] = [];
  const setup = await Setup.with({
    async asked(one) {
      asked.push(`${one.message.name} ${one.value.index}`);
      await oblige(one);
    },
  });
  await Promise.all([setup.client.close(), setup.client.close()]);
  assert.equal(await setup.client.ended, undefined);
  assert.deepEqual(asked, [`sockclnt_delete ${0x80000001}`]);
  assert.ok(setup.seen.includes("sockclnt_delete_reply recv success"));
  await setup[Symbol.asyncDispose]();
});

Deno.test("at debug each message is logged with its fields", async () => {
  await using setup = await Setup.with({
    async asked(one) {
      if (one.message !== lbAsSetWeight.request) return await oblige(one);
      await one.peer.send(lbAsSetWeight.reply, one.context, { retval: 0 });
    },
  }, "debug");
  await setup.client.request(lbAsSetWeight, server);
  assert.deepEqual(setup.log.named("vpp-api-send").at(-1), {
    message: "lb_as_set_weight",
    context: 1,
    pfx: "192.0.2.1/32",
    protocol: 6,
    port: 80,
    as_address: "10.0.0.1",
    weight: 10,
    is_flush: false,
  });
  assert.deepEqual(setup.log.named("vpp-api-recv").at(-1), {
    message: "lb_as_set_weight_reply",
    context: 1,
    retval: 0,
  });
});
