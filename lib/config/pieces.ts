/**
 * An outcome taken apart into pieces that are each quick to copy from one thread to another, and
 * put together again.
 *
 * @module
 */

import type { ConfigOutcome, ConfigProblem, ConfigWarning } from "./outcome.ts";
import type { Backend, Frontend, HealthCheck, Pool, PoolBackend } from "./types.ts";

/**
 * A part of an outcome: first the whole without what there may be many of, then that. A pool
 * belongs to the frontend before it, a member to the pool.
 */
export type Piece =
  | { readonly outcome: ConfigOutcome }
  | { readonly check: HealthCheck }
  | { readonly backend: Backend }
  | { readonly frontend: Frontend }
  | { readonly pool: Pool }
  | { readonly member: PoolBackend }
  | { readonly warning: ConfigWarning }
  | { readonly problem: ConfigProblem };

/** The pieces of an outcome, in the order that {@link Assembler} wants. */
export function* takeApart(outcome: ConfigOutcome): Generator<Piece> {
  if (outcome.kind === "invalid") {
    yield { outcome: { ...outcome, problems: [] } };
    for (const problem of outcome.problems) yield { problem };
    return;
  }
  const { config, warnings } = outcome;
  const empty = { healthchecks: new Map(), backends: new Map(), frontends: new Map() };
  yield { outcome: { ...outcome, config: { ...config, ...empty }, warnings: [] } };
  for (const check of config.healthchecks.values()) yield { check };
  for (const backend of config.backends.values()) yield { backend };
  for (const frontend of config.frontends.values()) {
    yield { frontend: { ...frontend, pools: [] } };
    for (const pool of frontend.pools) {
      yield { pool: { ...pool, backends: [] } };
      for (const member of pool.backends) yield { member };
    }
  }
  for (const warning of warnings) yield { warning };
}

/** Puts the pieces of one outcome together. */
export class Assembler {
  readonly #healthchecks = new Map<string, HealthCheck>();
  readonly #backends = new Map<string, Backend>();
  readonly #frontends = new Map<string, Frontend>();
  readonly #warnings: ConfigWarning[] = [];
  readonly #problems: ConfigProblem[] = [];
  #outcome: ConfigOutcome | undefined;
  #pools: Pool[] = [];
  #members: PoolBackend[] = [];

  add(piece: Piece): void {
    if ("outcome" in piece) this.#outcome = piece.outcome;
    else if ("check" in piece) this.#healthchecks.set(piece.check.name, piece.check);
    else if ("backend" in piece) this.#backends.set(piece.backend.name, piece.backend);
    else if ("frontend" in piece) {
      this.#pools = [];
      this.#frontends.set(piece.frontend.name, { ...piece.frontend, pools: this.#pools });
    } else if ("pool" in piece) {
      this.#members = [];
      this.#pools.push({ ...piece.pool, backends: this.#members });
    } else if ("member" in piece) this.#members.push(piece.member);
    else if ("warning" in piece) this.#warnings.push(piece.warning);
    else this.#problems.push(piece.problem);
  }

  /** The whole, once all pieces were added. */
  finish(): ConfigOutcome {
    const outcome = this.#outcome;
    if (!outcome) throw new TypeError("the first piece of an outcome is missing");
    if (outcome.kind === "invalid") return { ...outcome, problems: this.#problems };
    const config = {
      ...outcome.config,
      healthchecks: this.#healthchecks,
      backends: this.#backends,
      frontends: this.#frontends,
    };
    return { ...outcome, config, warnings: this.#warnings };
  }
}
