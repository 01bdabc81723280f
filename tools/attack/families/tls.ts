import { crew, hold, whicheverFirst } from "../crew.ts";
import { call, greeting, textField } from "../grpc.ts";
import { clientHello } from "../hello.ts";
import { certificateOf, type ClientCertificate } from "../site/certificates.ts";
import { dial, ignore } from "../socket.ts";
import type { Arena, Attack } from "../types.ts";

/** Addresses that these attacks are spread over. */
const manyAddresses = 250;

/** Milliseconds that an attacker waits for an answer. */
const patienceMs = 2_000;

/** Shakes hands, asks one question, and leaves. */
async function shake(arena: Arena, n: number, certificate: ClientCertificate): Promise<void> {
  const { promise: answered, resolve: hear } = Promise.withResolvers<unknown>();
  const raw = await dial(arena, { from: n % manyAddresses, certificate, hear });
  if (raw === undefined) return;
  arena.count("handshakes");
  await raw.send(greeting());
  await raw.send(call(1, "GetBackend", textField(1, "b0")));
  await whicheverFirst(arena, patienceMs, answered, raw.gone);
  raw.close();
}

/**
 * Has maglevd sign for nothing: says hello, and leaves once that is answered; every third time it
 * says another hello where the end of the handshake has to come, as if all were to begin again.
 */
async function greet(arena: Arena, n: number): Promise<void> {
  const { promise: answered, resolve: hear } = Promise.withResolvers<unknown>();
  const raw = await dial(arena, { from: n % manyAddresses, hear });
  if (raw === undefined) return;
  if (await raw.send(clientHello(arena.random))) arena.count("hellos");
  await whicheverFirst(arena, patienceMs, answered, raw.gone);
  if (n % 3 === 0 && await raw.send(clientHello(arena.random))) {
    await whicheverFirst(arena, patienceMs, raw.gone);
  }
  raw.close();
}

/** A handshake that is not gone on with: after the hello, or in the midst of it. */
async function stall(arena: Arena, n: number) {
  const raw = await dial(arena, { from: n % manyAddresses, hear: ignore });
  const hello = clientHello(arena.random);
  if (await raw?.send(n % 2 === 0 ? hello : hello.subarray(0, 5 + n % 100))) arena.count("hellos");
  return raw;
}

/** What is done with handshakes of TLS. */
export const tlsAttacks: readonly Attack[] = [
  {
    name: "tls-handshakes",
    does: "whole handshakes of TLS and a call each, as fast as one core goes, from 250 addresses",
    section: "Connections",
    tls: true,
    run: (arena) => {
      const certificate = certificateOf("nobody");
      return crew(arena, 50, 60, (n) => shake(arena, n, certificate));
    },
  },
  {
    name: "tls-strangers",
    does: "the same with the certificate of an authority that maglevd does not trust",
    section: "Connections",
    tls: true,
    run: (arena) => {
      const certificate = certificateOf("stranger");
      return crew(arena, 50, 30, (n) => shake(arena, n, certificate));
    },
  },
  {
    name: "tls-hellos",
    does: "hellos that cost a signature each, and every third time another before the end",
    section: "Connections",
    tls: true,
    run: (arena) => crew(arena, 50, 90, (n) => greet(arena, n)),
  },
  {
    name: "tls-stalled",
    does: "2,000 handshakes that stop after the hello, or within it, from 250 addresses",
    section: "Connections",
    tls: true,
    run: (arena) => hold(arena, arena.size(2_000, 80), (n) => stall(arena, n)),
  },
];
