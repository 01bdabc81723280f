import { fromBinary, toJsonString } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import {
  ListBackendsResponseSchema,
  ListFrontendsResponseSchema,
} from "../../lib/gen/maglev_pb.ts";
import { backendListing, frontendListing } from "../../lib/api/lists.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { steer } from "../support/steer.ts";
import { CheckerBed } from "./support/checker_bed.ts";
import { smallConfig } from "./support/small_config.ts";

const text = (octets: Uint8Array) => new TextDecoder().decode(octets);

Deno.test("what goes while a list is made is left out of it, wherever it stands", async () => {
  // Lists are made 32 entries at a time.
  const table: [what: string, isThere: (i: number) => boolean][] = [
    ["nothing", () => true],
    ["the first slice", (i) => i >= 32],
    ["all of the first slice but one", (i) => i === 0 || i >= 32],
    ["a slice in the middle", (i) => i < 32 || i >= 64],
    ["all of a slice in the middle but one", (i) => i < 32 || i >= 63],
    ["the last slice", (i) => i < 64],
    ["every second one", (i) => i % 2 === 0],
    ["all but one", (i) => i === 40],
    ["everything", () => false],
  ];
  for (const [what, isThere] of table) {
    using bed = new CheckerBed(smallConfig(70));
    const { checker } = bed;
    const names = checker.backendNames();
    const backend = checker.backend.bind(checker);
    checker.backend = (name) => isThere(names.indexOf(name)) ? backend(name) : undefined;
    const listing = backendListing(checker, new FakeClock());
    const binary = await listing(true, { binary: true });
    const json = await listing(true, { binary: false });
    const list = fromBinary(ListBackendsResponseSchema, binary.message);
    assert.deepEqual(list.backendNames, names.filter((_, i) => isThere(i)), what);
    assert.deepEqual(list.backends.map(({ name }) => name), list.backendNames, what);
    assert.equal(text(json.message), toJsonString(ListBackendsResponseSchema, list), what);
  }
});

Deno.test("a frontend that goes while a list is made is left out, a backend of it has no state", async () => {
  using bed = new CheckerBed();
  const { checker } = bed;
  const frontend = checker.frontend.bind(checker);
  checker.frontend = (name) => name === "api" ? undefined : frontend(name);
  const backend = checker.backend.bind(checker);
  checker.backend = (name) => name === "web0" ? undefined : backend(name);
  const answer = await frontendListing(checker, new FakeClock())(true, { binary: true });
  const { frontendNames, frontends } = fromBinary(ListFrontendsResponseSchema, answer.message);
  assert.deepEqual(frontendNames, ["www"]);
  const states = frontends.flatMap(({ pools }) => pools[0]?.backends.map(({ state }) => state));
  assert.deepEqual(states, ["", "unknown"]);
});

Deno.test("names alone are written once for each configuration and each form", async () => {
  using bed = new CheckerBed();
  const listing = backendListing(bed.checker, new FakeClock());
  const of = (binary: boolean) => listing(false, { binary });
  const [binary, json] = [await of(true), await of(false)];
  assert.deepEqual([await of(true), await of(false)].map((each, i) => each === [binary, json][i]), [
    true,
    true,
  ]);
  assert.equal(text(json.message), '{"backendNames":["web0","web1","web2","web3"]}');
  assert.deepEqual(fromBinary(ListBackendsResponseSchema, binary.message).backends, []);
  await bed.reload(smallConfig(2));
  assert.equal(text((await of(false)).message), '{"backendNames":["web0","web1"]}');
});

Deno.test("a list is made again when something was told, or another configuration is in force", async () => {
  using bed = new CheckerBed();
  const clock = new FakeClock();
  const listing = backendListing(bed.checker, clock);
  let made = 0;
  const backend = bed.checker.backend.bind(bed.checker);
  bed.checker.backend = (name) => {
    made++;
    clock.advance(1);
    return backend(name);
  };
  const list = () => listing(true, { binary: true });
  const first = await list();
  assert.equal(await list(), first);
  assert.equal(made, 4);
  steer(bed.checker).disable("web0");
  made = 0;
  assert.notEqual(await list(), first);
  assert.equal(made, 4);
});
