import assert from "node:assert/strict";
import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { ListBackendsResponseSchema, Maglev, VPPInfoSchema } from "../../lib/gen/maglev_pb.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { connectWith } from "../../lib/web/server_credentials.ts";
import { withSlicedLists } from "../../lib/web/sliced_lists.ts";
import { serve } from "../api/support/harness.ts";

/** A clock by which each turn of the event loop is over at once. */
class HurriedClock extends FakeClock {
  turns = 0;
  override turn = {
    isOver: true,
    next: () => {
      this.turns++;
      return Promise.resolve();
    },
  };
}

/** A client of a maglevd that answers everything with these octets. */
function clientOf(octets: Uint8Array, clock: FakeClock) {
  const unary = (method: { readonly output: DescMessage }) =>
    Promise.resolve({ message: fromBinary(method.output, octets) });
  const transport = { unary } as unknown as Transport;
  return createClient(Maglev, withSlicedLists(transport, clock));
}

Deno.test("a long list is read in slices, and is the same list", async () => {
  const names = Array.from({ length: 1000 }, (_, i) => `web${i}`);
  const backends = names.map((name) => ({ name, transitions: [{ from: "up", to: "down" }] }));
  const told = create(ListBackendsResponseSchema, { backendNames: names, backends });
  const clock = new HurriedClock();
  const client = clientOf(toBinary(ListBackendsResponseSchema, told), clock);
  assert.deepEqual(await client.listBackends({ details: true }), told);
  assert.ok(clock.turns > 30, `${clock.turns} turns`);
});

Deno.test("what has no list is read as it is", async () => {
  const told = create(VPPInfoSchema, { version: "26.06" });
  const clock = new HurriedClock();
  const client = clientOf(toBinary(VPPInfoSchema, told), clock);
  assert.deepEqual([await client.getVPPInfo({}), clock.turns], [told, 0]);
});

Deno.test("an entry that is no message is a failure of the call", async () => {
  // Field 2, three octets long: a string that goes on behind their end.
  const client = clientOf(Uint8Array.of(0x12, 3, 0x0a, 9, 0x61), new FakeClock());
  await assert.rejects(
    client.listBackends({ details: true }),
    (error) => error instanceof ConnectError && error.code === Code.Internal,
  );
});

Deno.test("a maglevd that is followed is asked that way", async () => {
  await using maglevd = await serve();
  const { address } = maglevd;
  const clock = new HurriedClock();
  const credentials = { token: undefined, tls: undefined };
  using connection = connectWith({ name: address, address }, credentials, clock);
  const { backends } = await connection.client.listBackends({ details: true });
  assert.deepEqual([backends.length > 0, clock.turns > 0], [true, true]);
});
