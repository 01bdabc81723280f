import { type AuthRules, fileDangers, type ModeOf, systemModeOf } from "../access/mod.ts";
import { parseIp } from "../ip/mod.ts";
import type { Logger } from "../log/mod.ts";
import {
  formatListenAddress,
  isLocalPeer,
  type ListenAddress,
  machineNames,
  parseListenAddresses,
} from "../port/mod.ts";
import { systemClock } from "../time/mod.ts";
import type { CertificateFacts } from "../tls/mod.ts";
import type { AccessSettings } from "./settings.ts";

/** Something that is allowed, and lets others do more than is commonly meant. */
export interface Danger {
  /** The log record that tells of it. */
  readonly record: "grpc-listen-open" | "access-unsafe" | "tls-certificate-unfit";
  /** What it is about: an address, a file. */
  readonly where: string;
  /** A sentence. */
  readonly reason: string;
}

/** The permission bit of whoever is neither owner nor of the group. */
const othersMayWrite = 0o002;

/**
 * What is dangerous on this machine, now; `rules` are those of `--auth` and `certificate` is the
 * one of `--tls-cert`, if there are any.
 */
export async function dangersOf(
  settings: AccessSettings,
  rules: AuthRules | undefined,
  certificate: CertificateFacts | undefined,
): Promise<readonly Danger[]> {
  const unfit = await unfitCertificate(settings, certificate);
  return [...findDangers(settings, rules), ...unfit];
}

/** The part of it that is about the certificate. */
export async function unfitCertificate(
  { tls, hostNames }: Pick<AccessSettings, "tls" | "hostNames">,
  certificate: CertificateFacts | undefined,
): Promise<readonly Danger[]> {
  if (!tls || !certificate) return [];
  const hosts = await Deno.readTextFile("/etc/hosts").catch(() => "");
  const names = machineNames(Deno.hostname(), hosts).union(new Set(hostNames));
  const reason = certificateProblem(certificate, names, systemClock.wall());
  if (reason === undefined) return [];
  return [{ record: "tls-certificate-unfit", where: tls.cert, reason }];
}

/** A record for each. */
export function logDangers(dangers: readonly Danger[], log: Logger): void {
  for (const { record, where, reason } of dangers) {
    const about = { addr: where, reason };
    if (record === "grpc-listen-open") log.warn("grpc-listen-open", about);
    else if (record === "tls-certificate-unfit") log.warn("tls-certificate-unfit", about);
    else log.warn("access-unsafe", about);
  }
}

/** Why clients may not take a certificate for that of a machine with these names. */
export function certificateProblem(
  { from, end, names }: CertificateFacts,
  machine: ReadonlySet<string>,
  now: number,
): string | undefined {
  if (now > end) return `it has expired on ${new Date(end).toISOString()}: clients refuse it`;
  if (now < from) return `it is not valid before ${new Date(from).toISOString()}`;
  if (names.length === 0) return "it has no subject alternative name: clients refuse it";
  const own = [...machine];
  const fits = names.some((name) =>
    parseIp(name) !== undefined || own.some((each) => covers(name.toLowerCase(), each))
  );
  if (fits) return undefined;
  return `it is for ${names.join(", ")}, and this machine is called ${own.join(", ")}: ` +
    "--host-name adds names";
}

/** Whether a DNS name of a certificate is for a machine (RFC 6125 section 6.4.3). */
function covers(name: string, machine: string): boolean {
  if (name === machine) return true;
  return name.startsWith("*.") && name.slice(1) === machine.slice(machine.indexOf("."));
}

/** The part of it that the settings and the files' permissions tell. */
export function findDangers(
  settings: AccessSettings,
  rules: AuthRules | undefined,
  modeOf: ModeOf = systemModeOf,
): readonly Danger[] {
  const { grpcAddress, grpcSocket: { mode }, authPath, open, tls } = settings;
  const { metricsAddress, metricsTls } = settings;
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
    const where = formatListenAddress(address.hostname ?? "", address.port);
    if (open) dangers.push({ record: "grpc-listen-open", where, reason: openReason });
    if (!tls && rules && rules.tokens.length > 0 && !isLoopback(address)) {
      unsafe(where, `${inTheClear} (--tls-cert)`);
    }
  }
  const showsTokens = rules && rules.tokens.length > 0 && rules.metrics === "view";
  if (showsTokens && !metricsTls && metricsAddress && !isLoopback(metricsAddress)) {
    const { hostname = "", port } = metricsAddress;
    unsafe(formatListenAddress(hostname, port), `${inTheClear} (--metrics-tls)`);
  }
  for (const { where, reason } of fileDangers({ authPath, tls }, modeOf)) unsafe(where, reason);
  return dangers;
}

const inTheClear = "tokens that are shown there travel in the clear: who reads along has them";

/** What `--open` means. */
const openReason = "whoever reaches this address can pause backends and change weights, " +
  "since --open asks nobody who it is";

function isLoopback({ hostname }: ListenAddress): boolean {
  return hostname === "localhost" || hostname !== undefined && isLocalPeer(hostname);
}
