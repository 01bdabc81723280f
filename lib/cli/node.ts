import type { Client } from "@connectrpc/connect";
import type { JsonValue } from "@bufbuild/protobuf";
import type { Maglev } from "../gen/maglev_pb.ts";
import type { ExitCode } from "./errors.ts";
import type { Style } from "./style.ts";
import type { Cell, Column, Layout } from "./table.ts";
import { parseSpan } from "./format.ts";

/** maglevd as commands see it. */
export type MaglevClient = Client<typeof Maglev>;

/** What a command was given: the keywords walked over, and what filled the slots, by slot name. */
export interface Args {
  /** Canonical keywords, in order. */
  readonly words: readonly string[];
  /** What was typed for each slot. */
  readonly values: ReadonlyMap<string, string>;
}

/** How output is to look. */
export interface View {
  /** Whether and how to paint. */
  readonly style: Style;
  /** Unix milliseconds, for "how long ago". */
  readonly now: number;
  /** Columns of the terminal, which tables are not to pass; undefined where there is none. */
  readonly width?: number | undefined;
}

/** Rows that may stand in one table with those of other servers. */
export interface Listing {
  /** None where rows are lines without titles. */
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly (Cell | string)[])[];
  /** Unix nanoseconds of each row, where they are put in order by that. */
  readonly times?: readonly bigint[];
}

/** What a command found, ready to be printed either way. */
export interface Report {
  /** For people; ends without a newline, may be empty. */
  text(view: View): string;
  /** The same as rows, where it is no more than rows. */
  listing?(view: View): Listing;
  /** For scripts. */
  json(): JsonValue;
  /** What maglevc ends with. */
  readonly exitCode: ExitCode;
}

/** Something that an operator should think about first. */
export interface Confirmation {
  /** What will be touched and what that leads to, in lines. */
  readonly details: (layout: Layout) => string;
  /** Ends in a question mark. */
  readonly question: string;
}

/** What commands run against. */
export interface CommandContext {
  /** The maglevd asked. */
  readonly client: MaglevClient;
  /** What it is called. */
  readonly server: string;
  /** What the line said. */
  readonly args: Args;
  /** Aborted when the person gives up. */
  readonly signal: AbortSignal;
  /** Lives as long as the session: what an earlier command wants a later one to know. */
  readonly memory: Map<string, unknown>;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Only tell what would come of it (`--dry-run`). */
  readonly dryRun: boolean;
  /** Wait no longer (`--timeout`), such as `30s`. */
  readonly timeout: string | undefined;
  /**
   * Resolves when the operator agrees, to whether the details were shown for that. Throws
   * CommandFailure when he does not.
   */
  readonly agree: (confirmation: Confirmation) => Promise<boolean>;
}

/** Where a command runs. */
export interface CommandSession extends Omit<CommandContext, "args"> {
  readonly style: Style;
  /** Columns of the terminal that is printed on; undefined where that is none. */
  readonly width?: number | undefined;
  readonly json: boolean;
  /** What the server is called, where several are asked at once. */
  readonly label?: string;
  /** Prints one or more lines; the newline at the end is added. */
  readonly print: (text: string) => void;
  /** The same for what is not part of the output. */
  readonly note: (text: string) => void;
}

/** What stands at the end of a path through the tree. */
export type Command =
  /** Asks and reports. */
  | {
    readonly kind: "report";
    readonly run: (context: CommandContext) => Promise<Report>;
    /** Whether it changes something, and knows `--dry-run`. */
    readonly changes?: true;
    /** Whether it waits for something, and knows `--timeout`. */
    readonly waits?: true;
  }
  /** Prints events as they come until stopped. */
  | { readonly kind: "watch" }
  /** Needs no server. */
  | { readonly kind: "local"; readonly run: () => Report | Promise<Report> }
  /** Prints what commands there are. */
  | { readonly kind: "help" }
  /** Leaves the shell. */
  | { readonly kind: "quit" };

/** A fixed word. */
export interface Keyword {
  /** Tells the two kinds of node apart. */
  readonly kind: "keyword";
  /** As typed in full. */
  readonly word: string;
  /** One line. */
  readonly help: string;
  /** What may follow. */
  readonly next?: () => readonly Node[];
  /** What it does when the line ends here. */
  readonly run?: Command;
  /** It is not to be shortened, because a name may stand in its place. */
  readonly isWhole?: true;
  /** What may follow in any order, as help shows it: `[num <n>] [pretty]`. */
  readonly options?: string;
}

/** A place for a word of the operator's choice. */
export interface Slot {
  /** Tells the two kinds of node apart. */
  readonly kind: "slot";
  /** Shown in angle brackets, and the key in {@link Args}. */
  readonly name: string;
  /** One line. */
  readonly help: string;
  /** Whether `word` may stand here; undefined takes any. A string is the complaint. */
  readonly accepts?: (word: string) => string | undefined;
  /** Live names that fit, for completion. */
  readonly names?: (client: MaglevClient, args: Args, signal: AbortSignal) => Promise<string[]>;
  /** What may follow. */
  readonly next?: () => readonly Node[];
  /** What it does when the line ends here. */
  readonly run?: Command;
}

/** One choice at one point. `next` is lazy so that options may recur. */
export type Node = Keyword | Slot;

/** Where a slot leads. */
interface After {
  readonly next?: () => readonly Node[];
  readonly run?: Command;
}

/** A place for a word: any, unless `more` says otherwise. */
export function wordSlot(
  name: string,
  help: string,
  after: After,
  more: Pick<Slot, "accepts" | "names"> = {},
): Slot {
  return { kind: "slot", name, help, ...more, ...after };
}

/** A frontend's name. */
export function frontendSlot(help: string, after: After): Slot {
  return wordSlot("frontend", help, after, {
    names: async (client, _, signal) =>
      (await client.listFrontends({}, { signal, timeoutMs: 1000 })).frontendNames,
  });
}

/** A backend's name. */
export function backendSlot(help: string, after: After): Slot {
  return wordSlot("backend", help, after, {
    names: async (client, _, signal) =>
      (await client.listBackends({}, { signal, timeoutMs: 1000 })).backendNames,
  });
}

/** A health check's name. */
export function healthcheckSlot(help: string, after: After): Slot {
  return wordSlot("healthcheck", help, after, {
    names: async (client, _, signal) =>
      (await client.listHealthChecks({}, { signal, timeoutMs: 1000 })).names,
  });
}

/** A pool of the frontend named earlier on the line. */
export function poolSlot(help: string, after: After): Slot {
  return wordSlot("pool", help, after, {
    names: async (...asked) => (await poolsOf(...asked)).map(({ name }) => name),
  });
}

/** A backend of the pool named earlier on the line. */
export function poolBackendSlot(help: string, after: After): Slot {
  return wordSlot("backend", help, after, {
    names: async (client, args, signal) => {
      const pools = await poolsOf(client, args, signal);
      const pool = pools.find(({ name }) => name === args.values.get("pool"));
      return pool?.backends.map(({ name }) => name) ?? [];
    },
  });
}

async function poolsOf(client: MaglevClient, { values }: Args, signal: AbortSignal) {
  const name = values.get("frontend") ?? "";
  return (await client.getFrontend({ name }, { signal, timeoutMs: 1000 })).pools;
}

/** How long ago something may be at most, as in {@link parseSpan}. */
export function spanSlot(name: string, help: string, after: After): Slot {
  const accepts = (word: string) =>
    parseSpan(word) === undefined ? `"${word}" is no time such as 90s, 15m or 1h30m` : undefined;
  return wordSlot(name, help, after, { accepts });
}

/** A whole number from `min` to `max`. */
export function numberSlot(
  name: string,
  help: string,
  { min, max }: { readonly min: number; readonly max: number },
  after: After,
): Slot {
  const accepts = (word: string) =>
    /^\d{1,15}$/.test(word) && Number(word) >= min && Number(word) <= max
      ? undefined
      : `"${word}" is not a whole number from ${min} to ${max}`;
  return wordSlot(name, help, after, { accepts });
}
