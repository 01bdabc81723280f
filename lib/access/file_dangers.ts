import { dirname } from "node:path";

/** Permissions of a file, or undefined where they cannot be told. */
export type ModeOf = (path: string) => number | undefined;

/** Files by which it is decided who may do what. */
export interface AccessFiles {
  /** The one of `--auth`; empty: there is none. */
  readonly authPath: string;
  /** Those of TLS; undefined: it is not spoken. */
  readonly tls: { readonly key: string; readonly clientCa: string } | undefined;
}

/** A file that lets others do more than is commonly meant. */
export interface FileDanger {
  readonly where: string;
  /** A sentence without its end. */
  readonly reason: string;
}

/** The permission bit of whoever is neither owner nor of the group. */
const othersMayWrite = 0o002;
const othersMayRead = 0o004;
/** Where it is set, files can be replaced by their owners only. */
const sticky = 0o1000;

/** What is dangerous about the permissions of files and of the folders that they are in. */
export function fileDangers(
  { authPath, tls }: AccessFiles,
  modeOf: ModeOf = systemModeOf,
): readonly FileDanger[] {
  const dangers: FileDanger[] = [];
  const unsafe = (where: string, reason: string) => dangers.push({ where, reason });
  const canWrite = (path: string) => ((modeOf(path) ?? 0) & othersMayWrite) !== 0;
  if (authPath !== "") {
    if (canWrite(authPath)) {
      unsafe(authPath, "everybody may write to it, and so give themselves any role");
    }
    if (isReplaceable(authPath, modeOf)) {
      unsafe(authPath, "everybody may put another file in its place, and so get any role");
    }
  }
  if (tls) {
    if (((modeOf(tls.key) ?? 0) & othersMayRead) !== 0) {
      unsafe(tls.key, "everybody on this machine can read the key, and so pass for this server");
    }
    const { clientCa } = tls;
    if (clientCa !== "" && (canWrite(clientCa) || isReplaceable(clientCa, modeOf))) {
      unsafe(clientCa, "everybody may put an authority of their own there, and so get any role");
    }
  }
  return dangers;
}

function isReplaceable(path: string, modeOf: ModeOf): boolean {
  return isOpenToAll(modeOf(dirname(path)) ?? 0);
}

/** Whether everybody may replace the files in a folder of these permissions. */
export function isOpenToAll(mode: number): boolean {
  return (mode & othersMayWrite) !== 0 && (mode & sticky) === 0;
}

/** Permissions as the file system has them. */
export function systemModeOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).mode ?? undefined;
  } catch (error) {
    // Why it cannot be looked at is told by who reads it.
    if (error instanceof Error) return undefined;
    throw error;
  }
}
