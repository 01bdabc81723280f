import { dirname } from "node:path";
import type { AuthRules } from "../access/mod.ts";
import { isLocalPeer, type ListenAddress, parseListenAddresses } from "../rpc/mod.ts";
import type { Settings } from "./settings.ts";

/** The part of the settings that decides who may do what. */
export type AccessSettings = Pick<Settings, "grpcAddress" | "grpcSocket" | "authPath" | "open">;

/** Something that is allowed, and lets others do more than is commonly meant. */
export interface Danger {
  /** The log record that tells of it. */
  readonly record: "grpc-listen-open" | "access-unsafe";
  /** What it is about: an address, a file. */
  readonly where: string;
  /** A sentence. */
  readonly reason: string;
}

/** Permissions of a file, or undefined where they cannot be told. */
export type ModeOf = (path: string) => number | undefined;

/** The permission bit of whoever is neither owner nor of the group. */
const othersMayWrite = 0o002;
/** Where it is set, files can be replaced by their owners only. */
const sticky = 0o1000;

/** What is dangerous; `rules` are those of `--auth`, if there are any. */
export function findDangers(
  { grpcAddress, grpcSocket: { mode }, authPath, open }: AccessSettings,
  rules: AuthRules | undefined,
  modeOf: ModeOf = systemModeOf,
): readonly Danger[] {
  const dangers: Danger[] = [];
  const unsafe = (where: string, reason: string) =>
    dangers.push({ record: "access-unsafe", where, reason });
  for (const address of parseListenAddresses(grpcAddress)) {
    if ("path" in address) {
      if ((mode & othersMayWrite) !== 0 && !rules) {
        unsafe(
          `unix:${address.path}`,
          "everybody on this machine may connect, and without --auth change everything",
        );
      }
      continue;
    }
    const where = textOf(address);
    if (open) dangers.push({ record: "grpc-listen-open", where, reason: openReason });
    if (rules && rules.tokens.length > 0 && !isLoopback(address)) {
      unsafe(where, "tokens that are shown there travel in the clear: who reads along has them");
    }
  }
  if (authPath !== "") {
    if (((modeOf(authPath) ?? 0) & othersMayWrite) !== 0) {
      unsafe(authPath, "everybody may write to it, and so give themselves any role");
    }
    const folder = modeOf(dirname(authPath)) ?? 0;
    if ((folder & othersMayWrite) !== 0 && (folder & sticky) === 0) {
      unsafe(authPath, "everybody may put another file in its place, and so get any role");
    }
  }
  return dangers;
}

/** What `--open` means. */
const openReason = "whoever reaches this address can pause backends and change weights, " +
  "since --open asks nobody who it is";

function isLoopback({ hostname }: ListenAddress): boolean {
  return hostname === "localhost" || hostname !== undefined && isLocalPeer(hostname);
}

function textOf({ hostname = "", port }: ListenAddress): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

function systemModeOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).mode ?? undefined;
  } catch (error) {
    // Why it cannot be looked at is told by who reads it.
    if (error instanceof Error) return undefined;
    throw error;
  }
}
