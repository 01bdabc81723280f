import { Peer, type PeerOptions } from "./peer.ts";

/** What a peer must not do, and how the server answers. */
export interface Violation {
  /** The test's name. */
  readonly name: string;
  /** What the peer sends after the handshake, unless `options` say otherwise. */
  readonly sends: readonly Uint8Array[];
  /** The answer: GOAWAY with a code, or RST_STREAM of a stream with one. */
  readonly answer: { readonly goaway: string } | { readonly reset: number; readonly code: string };
  readonly options?: PeerOptions;
}

/** Registers a test for each: as one piece and octet by octet the answer is the same. */
export function testViolations(violations: readonly Violation[]): void {
  for (const violation of violations) {
    Deno.test(violation.name, () => {
      check(violation, (peer) => peer.send(...violation.sends));
      check(violation, (peer) => peer.trickle(...violation.sends));
    });
  }
}

function check({ answer, options }: Violation, send: (peer: Peer) => void): void {
  const peer = new Peer(options);
  send(peer);
  if ("goaway" in answer) {
    peer.assertGoaway(answer.goaway);
    return;
  }
  peer.assertReset(answer.reset, answer.code);
  peer.assertAlive();
}
