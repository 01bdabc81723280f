import type { CheckTiming, HealthCheck } from "../../config/mod.ts";
import { silentLogger } from "../../log/mod.ts";
import { Engine } from "../../net/mod.ts";
import { createProber, type Prober, type ProbeResult } from "../../probes/mod.ts";
import type { Clock } from "../../time/mod.ts";
import { version } from "../../version/mod.ts";
import type { Vip } from "../targets.ts";
import {
  type Asker,
  type AskOptions,
  goodStatuses,
  type Trouble,
  type TryResult,
} from "./types.ts";

/**
 * Asks with a new flow each time, so that each is hashed anew: by maglevd's own probes, which reset
 * the connection when the head of the answer is there.
 */
export class NewFlows implements Asker {
  readonly #engine: Engine;
  readonly #prober: Prober;
  readonly #checks = new Map<Vip, HealthCheck>();

  /** Throws NetError when the system is out of descriptors. */
  constructor(private readonly options: AskOptions, clock: Clock) {
    this.#engine = new Engine(clock);
    this.#prober = createProber(this.#engine, {
      log: silentLogger,
      version: version.version,
      program: "maglevt",
      header: options.header,
    });
  }

  ask(vip: Vip, done: (result: TryResult) => void): () => void {
    const check = this.#checks.getOrInsertComputed(vip, () => checkOf(vip, this.options));
    const target = { address: vip.address, check, netns: "" };
    return this.#prober.start(target, (result) => done(resultOf(vip, result)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#prober.close();
    await this.#engine.close();
  }
}

/** The probe that asks a VIP. Pure. */
export function checkOf(vip: Vip, options: AskOptions): HealthCheck {
  const { way, port } = vip;
  const timing: CheckTiming = {
    name: vip.name,
    timeoutMs: options.timeoutMs,
    // The schedule is the program's own.
    intervalMs: 0,
    fastIntervalMs: 0,
    downIntervalMs: 0,
    rise: 1,
    fall: 1,
    probeIpv4Source: undefined,
    probeIpv6Source: undefined,
  };
  switch (way) {
    case "icmp":
      return { ...timing, type: "icmp" };
    case "tcp":
      return { ...timing, type: "tcp", port, tls: undefined };
    case "http":
    case "https":
      return {
        ...timing,
        type: way,
        port,
        path: options.path,
        host: options.host,
        responseCodeMin: goodStatuses.min,
        responseCodeMax: goodStatuses.max,
        responseRegexp: undefined,
        tls: { serverName: undefined, insecureSkipVerify: options.insecure },
      };
  }
}

/** What a probe found, as a try's result. Pure. */
export function resultOf(vip: Vip, { code, detail, durationMs, answer }: ProbeResult): TryResult {
  const header = answer?.header;
  const failed = (trouble: Exclude<Trouble, "spike">, status: string) =>
    ({ kind: "failed", trouble, status, text: detail }) as const;
  switch (code) {
    case "L4OK":
      return { kind: "answered", ms: durationMs, status: vip.way === "icmp" ? "echo" : "open" };
    case "L6OK":
    case "L7OK":
      return { kind: "answered", ms: durationMs, status: String(answer?.status ?? "ok"), header };
    case "L4TOUT":
    case "L6TOUT":
    case "L7TOUT":
      return failed("timeout", "timeout");
    case "L4CON":
      // To maglevd that is a check that cannot pass; here it says nothing about the VIP.
      if (/^CAP_NET_RAW is missing/.test(detail)) return { kind: "hindered", text: detail };
      return failed("net", "net");
    case "L6RSP":
      return failed("net", "tls");
    case "L7RSP":
      return failed("http", "http");
    case "L7STS":
      return { ...failed("http", String(answer?.status ?? "http")), header };
    case "SOCKERR":
      return { kind: "hindered", text: detail };
  }
}
