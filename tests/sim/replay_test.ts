import assert from "node:assert/strict";
import { SimulatedVpp } from "../../lib/sim/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { clientFrame, RawClient } from "./support/raw_client.ts";
import { readRecordings, type Recording, sessions } from "./support/recordings.ts";

/** Ids of the recorded VPP, whose table the simulated one has. */
const asDetailsIds = [108, 110];
/** in_use_since: a second of VPP's uptime, which nobody recorded. */
const inUseSince = { from: 2 + 4 + 22 + 17 + 1, to: 2 + 4 + 22 + 17 + 1 + 4 };

const recordings = await readRecordings();

for (const session of sessions(recordings)) {
  const names = session.map((recording) => recording.name).join(", ");
  Deno.test(`the recorded requests get the recorded replies, byte for byte: ${names}`, async () => {
    const directory = await Deno.makeTempDir({ prefix: "mgl-sim-" });
    try {
      await using vpp = new SimulatedVpp({
        apiPath: `${directory}/api.sock`,
        statsPath: `${directory}/stats.sock`,
        clock: new FakeClock(),
        identity: { pid: pidOf(session) },
      });
      vpp.start();
      for (const recording of session) await replay(recording, `${directory}/api.sock`);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}

Deno.test("there are recordings to replay", () => {
  assert.ok(recordings.length >= 7);
});

async function replay(recording: Recording, path: string): Promise<void> {
  using client = await RawClient.connect(path);
  for (const [i, line] of recording.lines.entries()) {
    if (line.kind === "note") continue;
    if (line.toVpp) {
      await client.send(clientFrame(line.payload));
      continue;
    }
    const reply = await client.receive();
    const where = `${recording.name}, line ${i + 1}`;
    assert.ok(reply, `${where}: the connection was closed`);
    assert.equal(comparable(reply.payload), comparable(line.payload), where);
  }
  const last = recording.lines.findLast((line) => line.kind === "frame");
  if (last?.kind !== "frame" || last.payload[1] !== 18) return;
  assert.equal(await client.receive(), undefined, "after sockclnt_delete VPP closes");
}

/** Hex, without what depends on VPP's uptime. */
function comparable(payload: Uint8Array): string {
  const id = new DataView(payload.buffer, payload.byteOffset).getUint16(0);
  if (!asDetailsIds.includes(id)) return payload.toHex();
  const masked = payload.slice();
  masked.fill(0, inUseSince.from, inUseSince.to);
  return masked.toHex();
}

/** The process id in the first control_ping_reply. */
function pidOf(session: readonly Recording[]): number {
  for (const line of session.flatMap((recording) => recording.lines)) {
    if (line.kind !== "frame" || line.toVpp || line.payload.length !== 18) continue;
    if (line.payload[1] === 24) return new DataView(line.payload.buffer).getUint32(14);
  }
  return 1;
}
