import { concatenated } from "../h2/mod.ts";
import type { Steps } from "../time/mod.ts";
import { type MaglevdState, snapshotOf } from "./state.ts";
import type { Snapshot, WholeState } from "./wire.ts";

/** Characters that are encoded at once. */
const pieceLength = 65_536;

const encoder = new TextEncoder();

/**
 * A {@link WholeState} as it travels: ten thousand backends are millions of octets, so each backend
 * and each frontend is a step. It is that of the moment at which it began. Pure.
 */
export function* written(
  about: Omit<WholeState, "servers">,
  states: readonly MaglevdState[],
): Steps<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let text = "";
  for (const part of textOf(about, states.map(snapshotOf))) {
    text += part;
    if (text.length >= pieceLength) {
      pieces.push(encoder.encode(text));
      text = "";
    }
    yield;
  }
  return concatenated([...pieces, encoder.encode(text)]);
}

function* textOf(
  about: Omit<WholeState, "servers">,
  servers: readonly Snapshot[],
): Generator<string> {
  yield `${opened(about)},"servers":[`;
  for (const [i, { reading, ...rest }] of servers.entries()) {
    const { backends = [], frontends = [], ...others } = reading;
    yield `${i > 0 ? "," : ""}${opened(rest)},"reading":${opened(others)},"backends":[`;
    yield* listed(backends);
    yield '],"frontends":[';
    yield* listed(frontends);
    yield "]}}";
  }
  yield "]}";
}

function* listed(all: readonly unknown[]): Generator<string> {
  for (const [i, each] of all.entries()) yield `${i > 0 ? "," : ""}${JSON.stringify(each)}`;
}

/** An object that has members, without its end. */
function opened(object: object): string {
  return JSON.stringify(object).slice(0, -1);
}
