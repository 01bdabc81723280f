/**
 * An outcome taken apart into pieces that are each quick to copy from one thread to another, and
 * put together again.
 *
 * @module
 */

import type { ConfigOutcome } from "./outcome.ts";
import type { ConfigProblem, ConfigStage, ConfigWarning } from "./problem.ts";
import type { Backend, Config, Frontend, HealthCheck, Pool, PoolBackend } from "./types.ts";

/** What a configuration has once. */
type General = Pick<
  Config,
  "transitionHistory" | "stateMaxAgeMs" | "maxRemovalsPercent" | "netns" | "lb"
>;

/** A part of an outcome. A pool belongs to the frontend before it, a member to the pool. */
export type Piece =
  | { readonly piece: "valid"; readonly general: General }
  | { readonly piece: "check"; readonly check: HealthCheck }
  | { readonly piece: "backend"; readonly backend: Backend }
  | { readonly piece: "frontend"; readonly frontend: Omit<Frontend, "pools"> }
  | { readonly piece: "pool"; readonly name: string }
  | { readonly piece: "member"; readonly member: PoolBackend }
  | { readonly piece: "warning"; readonly warning: ConfigWarning }
  | { readonly piece: "invalid"; readonly stage: ConfigStage }
  | { readonly piece: "problem"; readonly problem: ConfigProblem };

/** The pieces of an outcome, in the order that {@link Assembler} wants. */
export function* takeApart(outcome: ConfigOutcome): Generator<Piece> {
  if (outcome.kind === "invalid") {
    yield { piece: "invalid", stage: outcome.stage };
    for (const problem of outcome.problems) yield { piece: "problem", problem };
    return;
  }
  const { healthchecks, backends, frontends, ...general } = outcome.config;
  yield { piece: "valid", general };
  for (const check of healthchecks.values()) yield { piece: "check", check };
  for (const backend of backends.values()) yield { piece: "backend", backend };
  for (const { pools, ...frontend } of frontends.values()) {
    yield { piece: "frontend", frontend };
    for (const pool of pools) {
      yield { piece: "pool", name: pool.name };
      for (const member of pool.backends) yield { piece: "member", member };
    }
  }
  for (const warning of outcome.warnings) yield { piece: "warning", warning };
}

interface GrowingPool extends Pool {
  readonly backends: PoolBackend[];
}

/** Puts the pieces of one outcome together. */
export class Assembler {
  readonly #file: string;
  readonly #healthchecks = new Map<string, HealthCheck>();
  readonly #backends = new Map<string, Backend>();
  readonly #frontends = new Map<string, Frontend>();
  readonly #warnings: ConfigWarning[] = [];
  readonly #problems: ConfigProblem[] = [];
  #general: General | undefined;
  #stage: ConfigStage = "parse";
  #pools: GrowingPool[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  add(piece: Piece): void {
    switch (piece.piece) {
      case "valid":
        this.#general = piece.general;
        break;
      case "check":
        this.#healthchecks.set(piece.check.name, piece.check);
        break;
      case "backend":
        this.#backends.set(piece.backend.name, piece.backend);
        break;
      case "frontend":
        this.#pools = [];
        this.#frontends.set(piece.frontend.name, { ...piece.frontend, pools: this.#pools });
        break;
      case "pool":
        this.#pools.push({ name: piece.name, backends: [] });
        break;
      case "member":
        this.#pools.at(-1)?.backends.push(piece.member);
        break;
      case "warning":
        this.#warnings.push(piece.warning);
        break;
      case "invalid":
        this.#stage = piece.stage;
        break;
      case "problem":
        this.#problems.push(piece.problem);
        break;
    }
  }

  /** The whole, once all pieces were added. */
  finish(): ConfigOutcome {
    const file = this.#file;
    if (!this.#general) {
      return { kind: "invalid", file, stage: this.#stage, problems: this.#problems };
    }
    const config = {
      ...this.#general,
      healthchecks: this.#healthchecks,
      backends: this.#backends,
      frontends: this.#frontends,
    };
    return { kind: "valid", file, config, warnings: this.#warnings };
  }
}
