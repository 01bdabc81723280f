import type { Random } from "../../tests/h2/fuzz/random.ts";

/** Where the maglevd under attack listens. */
export interface Target {
  readonly host: string;
  /** Empty where IPv6 is not attacked from. */
  readonly host6: string;
  readonly api: number;
  readonly metrics: number;
}

/** Which of a maglevd's two ports. */
export type Port = "api" | "metrics";

/** What an attack has to work with. */
export interface Arena {
  readonly target: Target;
  /** An attacker's source address, by number: there are as many as one likes. */
  readonly source: (n: number) => string;
  /** An address of one IPv6 /64, by number; undefined where there is no IPv6 to attack from. */
  readonly source6: (n: number) => string | undefined;
  readonly random: Random;
  /** The first for a whole attack, the second for the bounded sample that the tests run. */
  readonly size: (full: number, sample: number) => number;
  /** Aborted when it has been enough. */
  readonly over: AbortSignal;
  /** The attack has come as far as it goes, and only holds what it has. */
  readonly settled: () => void;
  /** Counts what was done, for the report. */
  readonly count: (what: string, n?: number) => void;
}

/** One way to hurt maglevd. */
export interface Attack {
  readonly name: string;
  /** For people: what it does. */
  readonly does: string;
  /** What it is told under in docs/security.md. */
  readonly section: Section;
  /** `machine`: the attack comes through a client there, a browser say. */
  readonly from?: "network" | "machine";
  /** Backends that the configuration has besides the 100; they are not probed. */
  readonly idleBackends?: number;
  /** Calls what strangers may not: maglevd is started with `--open`. */
  readonly open?: true;
  /** maglevd speaks TLS, and asks clients for certificates; its operator and its clients do so. */
  readonly tls?: true;
  /** Attacks until `over`, or as much as a sample has. Refusals are no errors. */
  readonly run: (arena: Arena) => Promise<void>;
}

/** The sections of docs/security.md that tell of attacks. */
export const sections = [
  "Connections",
  "Requests",
  "Responses and streams of events",
  "HTTP/1.1 and scrapes",
  "HTTP/2 frames",
  "Fields and compression",
  "Clients on the machine",
] as const;

/** One of {@link sections}. */
export type Section = typeof sections[number];
