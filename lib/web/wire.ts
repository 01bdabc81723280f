/**
 * What travels from the server of the web view to the page: maglevd's own messages, as JSON has
 * them, and what was found out about the way to a maglevd. Nothing here is described a second time:
 * the types are those of `proto/`, with numbers for 64-bit integers.
 *
 * @module
 */

import type {
  BackendInfo,
  Event,
  FrontendInfo,
  GetStatusResponse,
  HealthCheckInfo,
  Outcome,
  VPPInfo,
  VPPLBState,
} from "../gen/maglev_pb.ts";

/**
 * A message as JSON: without the runtime's own fields, and with numbers for 64-bit integers, so that
 * times are exact to a quarter of a microsecond.
 */
export type Wire<T> = T extends bigint ? number
  : T extends readonly (infer Item)[] ? readonly Wire<Item>[]
  : T extends object
    ? { readonly [Key in keyof T as Key extends `$${string}` ? never : Key]: Wire<T[Key]> }
  : T;

/** A backend as maglevd tells of it. */
export type Backend = Wire<BackendInfo>;
/** A frontend as maglevd tells of it. */
export type Frontend = Wire<FrontendInfo>;
/** A pool of a frontend. */
export type Pool = Frontend["pools"][number];
/** A backend in a pool. */
export type Member = Pool["backends"][number];
/** A health check. */
export type Check = Wire<HealthCheckInfo>;
/** What maglevd is and how it is. */
export type Status = Wire<GetStatusResponse>;
/** VPP, as maglevd is connected to it. */
export type Vpp = Wire<VPPInfo>;
/** What VPP's lb plugin holds. */
export type VppTables = Wire<VPPLBState>;
/** An event of maglevd. */
export type MaglevdEvent = Wire<Event>;
/** What a change comes to. */
export type ChangeOutcome = Wire<Outcome>;

/** The way to a maglevd. Times in Unix milliseconds. */
export interface Link {
  /** `new`: nothing was heard yet. */
  readonly state: "new" | "connected" | "lost";
  readonly since: number;
  /** Why it is lost or, of one that is connected, why not all can be read of it; else empty. */
  readonly reason: string;
}

/** An event in words. */
export interface JournalEntry {
  /** 0: not numbered, from an older maglevd. */
  readonly seq: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly kind: string;
  /** Names it is about; empty where it does not apply. */
  readonly backend: string;
  readonly frontend: string;
  readonly actor: string;
  /** What happened, and why. */
  readonly what: string;
  readonly why: string;
  /** The state that it led to, for its colour; empty for others. */
  readonly to: string;
}

/** A state that began, in Unix milliseconds. */
export type Step = readonly [at: number, state: string];

/** Rates of something: packets and bits a second. Bits are -1 where they are not its own. */
export type Rate = readonly [name: string, packets: number, bits: number];

/** A probe that ended: how long it took in milliseconds. */
export type Pulse = readonly [backend: string, ok: boolean, code: string, ms: number];

/** A backend whose probe has been running since then, in Unix milliseconds; 0: it runs no more. */
export type Running = readonly [backend: string, since: number];

/** Something new about a maglevd, as the server of the view hears of it. */
export type Change =
  | Passed
  | Reading
  | EventChange;

/** Something that has happened. */
export interface EventChange {
  readonly kind: "event";
  /** What it is about, such as `backend`. */
  readonly about: string;
  readonly event: MaglevdEvent;
  /** Puts it into words. Undefined: too much happens for all of it to be told. */
  readonly entry: (() => JournalEntry | undefined) | undefined;
}

/** What is told browsers as it was heard. */
export type Passed =
  | { readonly kind: "link"; readonly link: Link }
  | Pulses
  | Traffic;

/** What is heard of probes. */
export interface Pulses {
  readonly kind: "pulses";
  /** Unix milliseconds. */
  readonly at: number;
  readonly pulses: readonly Pulse[];
  /** Probes that take long, as far as that is other than before. */
  readonly running?: readonly Running[];
  /** No others are running. */
  readonly isAnew?: boolean;
}

/** What browsers are told of a maglevd. */
export type News = Passed | Delta;

/** Some fields of an object: those that are other than before. */
export interface Part {
  readonly set?: Readonly<Record<string, unknown>>;
  /** Fields that are no more. */
  readonly gone?: readonly string[];
}

/** A backend is in another state: since when (Unix nanoseconds), and what the probe saw, if one did it. */
export type Move = readonly [
  name: string,
  state: string,
  sinceUnixNs: number,
  code?: string,
  detail?: string,
];

/** A backend in a frontend: by the places of its pool and of itself, which are those of before. */
export type MemberPart = readonly [pool: number, member: number, part: Part];

/**
 * What came of events and readings: of each object the newest alone, as far as it is other than
 * before. In the order of its fields.
 */
export interface Delta {
  readonly kind: "delta";
  readonly moved?: readonly Move[];
  /** What is whole: of backends and frontends those that were not there, or are others altogether. */
  readonly reading?: Omit<Reading, "kind" | "steps" | "details">;
  readonly backends?: Readonly<Record<string, Part>>;
  readonly frontends?: Readonly<Record<string, Part>>;
  readonly members?: Readonly<Record<string, readonly MemberPart[]>>;
  /** Of frontends: so many of the oldest are no more, and these are new. */
  readonly steps?: Readonly<Record<string, readonly [dropped: number, added: readonly Step[]]>>;
  /** Of the journal: the newest first. */
  readonly entries?: readonly JournalEntry[];
}

/** What was read, as far as it differs from what was known. */
export interface Reading {
  readonly kind: "reading";
  /** When all backends and frontends were read, in Unix milliseconds; left out: some were. */
  readonly at?: number;
  readonly backends?: readonly Backend[];
  readonly frontends?: readonly Frontend[];
  /** Frontends to which something has happened since they were read: events know that better. */
  readonly details?: readonly Frontend[];
  readonly checks?: readonly Check[];
  /** Names of those that are no more. */
  readonly goneBackends?: readonly string[];
  readonly goneFrontends?: readonly string[];
  readonly status?: Status;
  readonly vpp?: Vpp | Unavailable;
  /** What happened before: the newest first. */
  readonly journal?: readonly JournalEntry[];
  /** Of frontends, the states of the last hour: the oldest first. */
  readonly steps?: Readonly<Record<string, readonly Step[]>>;
}

/** Why VPP cannot be asked. */
export interface Unavailable {
  readonly unavailable: string;
}

/** What came in, at this moment. */
export interface Traffic {
  readonly kind: "traffic";
  /** Unix milliseconds. */
  readonly at: number;
  /** By the names of frontends. */
  readonly frontends: readonly Rate[];
  /** By the names of backends; of an address that several share, to each the whole. */
  readonly backends: readonly Rate[];
}

/** Something that VPP was asked, or that became of the connection to it. */
export interface VppCall {
  /** Unix milliseconds. */
  readonly at: number;
  /** VPP's message, such as `lb_as_set_weight`; `sync` for a number of them; `connected`, `lost`, … */
  readonly call: string;
  /** VIP, server and frontend; empty where it is about VPP as a whole. */
  readonly about: string;
  /** What was asked, and what came of it. */
  readonly detail: string;
  /** Whether VPP has done it. */
  readonly ok: boolean;
}

/** The answer to `/view/api/calls`. */
export interface VppActivity {
  /** The newest first. */
  readonly calls: readonly VppCall[];
}

/** What VPP's table for a frontend's VIP has. The answer to `/view/api/buckets`. */
export interface Buckets {
  /** Of the table; 0: there is no such VIP, or VPP is away. */
  readonly total: number;
  /** Each backend's, by its name. */
  readonly of: Readonly<Record<string, number>>;
}

/** News, and the maglevd that they are of. */
export type Told = readonly [server: string, news: News];

/** One message to browsers. */
export interface Message {
  readonly told: readonly Told[];
}

/** Everything that is known of a maglevd, as it travels. */
export interface Snapshot {
  readonly name: string;
  readonly link: Link;
  readonly reading: Reading;
  readonly traffic: Traffic | undefined;
  readonly running: readonly Running[];
}

/** The answer to `/view/api/state`. */
export interface WholeState {
  /** The place in the stream of events that this is the state at. */
  readonly id: string;
  /** The version of maglevd-frontend. */
  readonly version: string;
  /** Whether somebody may steer: there is `/admin/`. */
  readonly hasLogin: boolean;
  /** The server's clock, in Unix milliseconds. */
  readonly now: number;
  readonly servers: readonly Snapshot[];
}

/** Who looks at the page: the answer to `/view/api/whoami` and `/admin/api/whoami`. */
export interface WhoAmI {
  /** Empty for whoever has not logged in. */
  readonly name: string;
  /** What it may do here: `view`, `operate` or `admin`. */
  readonly role: string;
  /** Why it has that role, as the end of a sentence; empty where there is nothing to say. */
  readonly reason: string;
}
