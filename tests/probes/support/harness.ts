import assert from "node:assert/strict";
import type { HealthCheck } from "../../../lib/config/mod.ts";
import { type Logger, silentLogger } from "../../../lib/log/mod.ts";
import { Engine, type EngineOptions } from "../../../lib/net/mod.ts";
import {
  type CancelProbe,
  createProber,
  type Prober,
  type ProbeResult,
  type ProbeTarget,
} from "../../../lib/probes/mod.ts";
import { type Clock, systemClock } from "../../../lib/time/mod.ts";
import { ip } from "../../support/ip.ts";

/** What a harness may be made with. */
export interface HarnessOptions {
  readonly ca?: readonly string[];
  readonly log?: Logger;
  readonly clock?: Clock;
  readonly engine?: EngineOptions;
  readonly program?: string;
  readonly header?: string;
}

/** A prober on an engine of its own. */
export class Harness implements AsyncDisposable {
  readonly engine: Engine;
  readonly prober: Prober;

  constructor(
    { ca = [], log = silentLogger, clock = systemClock, engine, ...others }: HarnessOptions = {},
  ) {
    this.engine = new Engine(clock, engine);
    this.prober = createProber(this.engine, { log, version: "0.0.0-test", ca, ...others });
  }

  /** Starts a probe whose result goes to `done`. */
  start(target: ProbeTarget, done: (result: ProbeResult) => void): CancelProbe {
    return this.prober.start(target, done);
  }

  /** Probes once. */
  probe(check: HealthCheck, address = "127.0.0.1", netns = ""): Promise<ProbeResult> {
    return new Promise((resolve) => {
      this.start({ address: ip(address), check, netns }, resolve);
    });
  }

  /** Probes once and returns code and detail. */
  async outcome(check: HealthCheck, address?: string, netns?: string): Promise<string> {
    const result = await this.probe(check, address, netns);
    assert.equal(result.ok, result.code.endsWith("OK"), JSON.stringify(result));
    assert.ok(result.durationMs >= 0);
    return `${result.code} ${result.detail}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.prober.close();
    await this.engine.close();
  }
}

/** The first outcome that is not silence: while addresses come and go an echo may get lost. */
export async function heard(outcome: () => Promise<string>): Promise<string> {
  for (let left = 4; left > 0; left--) {
    const heard = await outcome();
    if (!heard.startsWith("L4TOUT")) return heard;
  }
  return await outcome();
}
