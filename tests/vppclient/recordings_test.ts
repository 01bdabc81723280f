import assert from "node:assert/strict";
import {
  DecodeError,
  decodeMessage,
  EncodeError,
  encodeMessage,
  type Message,
  type MessageHeader,
  WireWriter,
} from "../../lib/binapi/mod.ts";
import {
  cliInband,
  ipRouteLookup,
  ipRouteLookupV2,
  lbAsV2Dump,
  lbConfGet,
  lbVipDump,
  showVersion,
} from "../../lib/gen/vpp.ts";
import { encodeRequest } from "../../lib/vppclient/guards.ts";
import { recordingNames } from "./support/fixtures.ts";
import { replay, type ReplayedFrame } from "./support/replay.ts";

/** The bytes, whatever they would do to VPP. */
function written(message: Message, header: MessageHeader, value: Record<string, unknown>): string {
  const writer = new WireWriter();
  encodeMessage(writer, message, header, value);
  return writer.written().toHex();
}

for (const name of recordingNames) {
  Deno.test(`every frame of the recording ${name} decodes and encodes to the same bytes`, async () => {
    for (const line of await replay(name)) {
      if (line.dir === "note") continue;
      assert.ok(line.message, `undeclared: ${line.payload.subarray(0, 40).toHex()}`);
      const { header, value } = decodeMessage(line.message, line.payload);
      assert.equal(written(line.message, header, value), line.payload.toHex());
    }
  });

  Deno.test(`every frame of the recording ${name} is refused when cut short or longer`, async () => {
    for (const line of await replay(name)) {
      if (line.dir === "note" || !line.message || line.payload.length > 10_000) continue;
      const { message, payload } = line;
      for (let length = 0; length < payload.length; length++) {
        assert.throws(() => decodeMessage(message, payload.subarray(0, length)), DecodeError);
      }
      const longer = new Uint8Array([...payload, 0]);
      assert.throws(() => decodeMessage(message, longer), /1 bytes follow the last field/);
    }
  });
}

Deno.test("only the two recorded requests that VPP itself refuses are not sent", async () => {
  const refusals: string[] = [];
  for (const name of recordingNames) {
    for (const line of await replay(name)) {
      if (line.dir !== "to-vpp" || !line.message) continue;
      const { header, value } = decodeMessage(line.message, line.payload);
      try {
        encodeRequest(new WireWriter(), line.message, header, value);
      } catch (error) {
        assert.ok(error instanceof EncodeError);
        refusals.push(error.message);
      }
    }
  }
  assert.deepEqual(refusals, [
    "lb_conf is not sent: 1000 sticky buckets per core are no power of two from 1 to 2^25",
    "lb_add_del_vip_v2 is not sent: a flow table of 1000 entries is no power of two",
  ]);
});

/** What the frames before a note say, in the words in which the note says it. */
type Answer = { readonly note: string; readonly result: unknown; readonly frames: ReplayedFrame[] };

async function answers(): Promise<Answer[]> {
  const all: Answer[] = [];
  for (const name of recordingNames) {
    let frames: ReplayedFrame[] = [];
    for (const line of await replay(name)) {
      if (line.dir === "note") {
        all.push({ note: line.note, result: line.result, frames });
        frames = [];
      } else if (line.dir === "from-vpp") frames.push(line);
    }
  }
  return all;
}

// deno-lint-ignore no-explicit-any -- decoded values of any message, looked at by name
function values(frames: readonly ReplayedFrame[], message: Message): any[] {
  return frames.filter((frame) => frame.message === message)
    .map((frame) => decodeMessage(message, frame.payload).value);
}

Deno.test("every return value is the one that the independent client saw", async () => {
  let seen = 0;
  for (const { note, result, frames } of await answers()) {
    if (typeof result !== "number") continue;
    const frame = frames.at(-1);
    assert.ok(frame?.message);
    const { value } = decodeMessage(frame.message, frame.payload);
    assert.equal(value.retval, result, note);
    seen++;
  }
  assert.ok(seen > 30);
});

Deno.test("dumped VIPs are the ones that the independent client saw", async () => {
  let seen = 0;
  for (const { note, result, frames } of await answers()) {
    const details = values(frames, lbVipDump.details);
    if (details.length === 0) continue;
    const mine = details.map(({ vip, encap, dscp, srv_type, target_port, flow_table_length }) => [
      `${vip.pfx.address.text}/${vip.pfx.len}`,
      vip.protocol,
      vip.port,
      encap,
      dscp,
      srv_type,
      target_port,
      flow_table_length,
    ]);
    assert.deepEqual(mine, result, note);
    seen++;
  }
  assert.equal(seen, 2);
});

Deno.test("dumped servers are the ones that the independent client saw", async () => {
  let seen = 0;
  for (const { note, result, frames } of await answers()) {
    const details = values(frames, lbAsV2Dump.details);
    if (details.length === 0) continue;
    const mine = details.map(({ vip, app_srv, flags, in_use_since, weight, num_buckets }) => [
      `${vip.pfx.address.text}/${vip.pfx.len}`,
      vip.protocol,
      vip.port,
      app_srv.text,
      `flags=${flags}`,
      `since=${in_use_since}`,
      `w=${weight}`,
      `b=${num_buckets}`,
    ]);
    assert.deepEqual(mine, result, note);
    seen++;
  }
  assert.equal(seen, 5);
});

Deno.test("routes, texts, version and settings are what the independent client saw", async () => {
  const all = await answers();
  for (const { note, result, frames } of all) {
    for (const { retval, route } of values(frames, ipRouteLookup.reply)) {
      const prefix = `${route.prefix.address.text}/${route.prefix.len}`;
      assert.deepEqual([retval, prefix, route.stats_index], result, note);
    }
    for (const { retval, route } of values(frames, ipRouteLookupV2.reply)) {
      assert.deepEqual([retval, route.stats_index], result, note);
    }
    for (const { retval, reply } of values(frames, cliInband.reply)) {
      assert.deepEqual(retval === 0 ? reply : [retval, reply], result, note);
    }
  }
  const [version] = all.flatMap(({ frames }) => values(frames, showVersion.reply));
  assert.equal(version.program, "vpe");
  assert.equal(version.version, "26.10-rc0~374-gb575ec2c56d");
  assert.equal(version.build_date, "2026-11-21T00:07:13");
  const confs = all.flatMap(({ frames }) => values(frames, lbConfGet.reply));
  assert.deepEqual(
    confs.map((conf) => [
      conf.ip4_src_address.text,
      conf.ip6_src_address.text,
      conf.sticky_buckets_per_core,
      conf.flow_timeout,
    ]),
    [
      ["255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1024, 40],
      ["192.0.2.10", "2001:db8::10", 65536, 40],
    ],
  );
});

Deno.test("a count that promises more entries than there are bytes costs nothing", () => {
  const reply = Uint8Array.fromHex(
    "0194000000360000000000000000000000080000000000000000000000000000000000000000ff",
  );
  assert.throws(() => decodeMessage(ipRouteLookup.reply, reply), DecodeError);
});
