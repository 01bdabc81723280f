import * as wire from "../support/wire.ts";
import type { Random } from "./random.ts";

/** Frames for a server to choke on. The preface is not among them. */
export function frames(random: Random): Uint8Array[] {
  const sources = [politeFrames, busyFrames, randomFrames, mixedFrames, damagedFrames];
  return random.pick(sources)(random);
}

/** Requests as clients send them, bodies and resets included. */
export function politeFrames(random: Random): Uint8Array[] {
  const result: Uint8Array[] = [];
  const streams = 1 + random.below(5);
  for (let n = 0; n < streams; n++) {
    const id = 2 * n + 1;
    if (random.oneIn(2)) {
      result.push(wire.headers(id, wire.get));
    } else {
      result.push(...posted(random, id));
    }
    if (random.oneIn(4)) result.push(wire.rstStream(id, random.below(14)));
    if (random.oneIn(4)) result.push(wire.ping());
    if (random.oneIn(4)) {
      result.push(wire.windowUpdate(random.oneIn(2) ? 0 : id, 1 + random.below(9e4)));
    }
    if (random.oneIn(6)) {
      result.push(wire.settings([4, random.below(1e5)], [1, random.below(5000)]));
    }
  }
  if (random.oneIn(5)) result.push(wire.goaway(0, random.below(14)));
  return result;
}

function posted(random: Random, id: number): Uint8Array[] {
  const extra: wire.Field[] = random.oneIn(3) ? [["content-length", String(random.below(40))]] : [];
  const block = wire.block([...wire.post, ...extra]);
  const cut = random.below(block.length);
  const head = random.oneIn(3)
    ? [
      wire.frame(wire.types.HEADERS, 0, id, block.subarray(0, cut)),
      wire.continuation(id, block.subarray(cut), wire.END_HEADERS),
    ]
    : [wire.frame(wire.types.HEADERS, wire.END_HEADERS, id, block)];
  const pieces = Array.from(
    { length: random.below(4) },
    () => wire.data(id, random.octets(random.below(30))),
  );
  const end = random.oneIn(2)
    ? wire.data(id, "", wire.END_STREAM)
    : wire.headers(id, [["x-end", "1"]]);
  return [...head, ...pieces, ...(random.oneIn(5) ? [] : [end])];
}

/** Well-formed frames with anything in them. */
function randomFrames(random: Random): Uint8Array[] {
  return Array.from({ length: 1 + random.below(12) }, () => randomFrame(random));
}

function randomFrame(random: Random): Uint8Array {
  const type = random.oneIn(12) ? random.below(256) : random.below(10);
  const id = random.oneIn(10) ? random.next() : random.below(8);
  const payload = random.oneIn(3)
    ? wire.block(random.pick([wire.get, wire.post, []]))
    : random.octets(random.pick([0, 4, 5, 6, 8, 12, random.below(60)]));
  return wire.frame(type, random.below(256) & (random.oneIn(2) ? 0x2d : 0xff), id, payload);
}

/** A few streams and everything that may happen to them while they are served. */
function busyFrames(random: Random): Uint8Array[] {
  const ids = [1, 3, 5];
  const opened = ids.map((id) =>
    random.oneIn(3) ? wire.headers(id, wire.get) : wire.headers(id, wire.post, wire.END_HEADERS)
  );
  const later = Array.from({ length: 5 + random.below(25) }, () => {
    const id = random.pick(ids);
    const choices = [
      () => wire.windowUpdate(random.pick([0, id]), 1 + random.below(60)),
      () => wire.windowUpdate(random.pick([0, id]), 1 + random.below(60)),
      () => wire.settings([4, random.below(100)]),
      () => wire.data(id, random.octets(random.below(30)), random.oneIn(8) ? wire.END_STREAM : 0),
      () => wire.data(id, random.octets(random.below(30))),
      () => random.oneIn(3) ? wire.rstStream(id) : wire.ping(),
    ];
    return random.pick(choices)();
  });
  return [...opened, ...later];
}

/** Two polite clients talking at once. */
function mixedFrames(random: Random): Uint8Array[] {
  const queues = [politeFrames(random), politeFrames(random)];
  const result: Uint8Array[] = [];
  while (queues.some((queue) => queue.length > 0)) {
    const next = random.pick(queues).shift();
    if (next) result.push(next);
  }
  return result;
}

/** Polite frames with octets changed, cut out, doubled or put in between. */
function damagedFrames(random: Random): Uint8Array[] {
  let bytes = wire.join(...politeFrames(random));
  for (let n = 1 + random.below(6); n > 0; n--) bytes = damage(random, bytes);
  return [bytes];
}

function damage(random: Random, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const at = random.below(bytes.length + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (random.below(5)) {
    case 0:
      return wire.join(before, random.octets(1), after.subarray(1));
    case 1:
      return wire.join(before, after.subarray(1 + random.below(12)));
    case 2:
      return wire.join(before, random.octets(random.below(12)), after);
    case 3:
      return wire.join(before, after.subarray(0, 20), after);
    default: {
      const copy = wire.join(bytes);
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
      return copy;
    }
  }
}

/** Cuts `bytes` up: not at all, at every octet, or anywhere. */
export function pieces(random: Random, bytes: Uint8Array): Uint8Array[] {
  const size = random.pick([bytes.length, 1, 1 + random.below(40)]);
  const result: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) result.push(bytes.subarray(at, at + size));
  return result;
}
