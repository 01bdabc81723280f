import type { HealthCheck } from "./check_types.ts";
import type { Assembler, FileFormat } from "./file_worker.ts";
import { parseBytes, type ValidFile } from "./parse.ts";
import type { Backend, Frontend, Pool, PoolBackend } from "./types.ts";

/**
 * A part of a configuration: first the whole without what there may be thousands of, then that. A
 * pool belongs to the frontend before it, a member to the pool.
 */
export type ConfigPiece =
  | { readonly outcome: ValidFile }
  | { readonly check: HealthCheck }
  | { readonly backend: Backend }
  | { readonly frontend: Frontend }
  | { readonly pool: Pool }
  | { readonly member: PoolBackend };

/** The configuration, as a worker parses it. */
export const configFormat: FileFormat<ValidFile, ConfigPiece> = {
  name: "config",
  parse: parseBytes,
  takeApart,
  assembler: () => new ConfigAssembler(),
};

/** The pieces of a configuration, in the order that {@link ConfigAssembler} wants. */
function* takeApart(outcome: ValidFile): Generator<ConfigPiece> {
  const { config } = outcome;
  const empty = { healthchecks: new Map(), backends: new Map(), frontends: new Map() };
  yield { outcome: { ...outcome, config: { ...config, ...empty } } };
  for (const check of config.healthchecks.values()) yield { check };
  for (const backend of config.backends.values()) yield { backend };
  for (const frontend of config.frontends.values()) {
    yield { frontend: { ...frontend, pools: [] } };
    for (const pool of frontend.pools) {
      yield { pool: { ...pool, backends: [] } };
      for (const member of pool.backends) yield { member };
    }
  }
}

/** Puts the pieces of one configuration together. */
class ConfigAssembler implements Assembler<ValidFile, ConfigPiece> {
  readonly #healthchecks = new Map<string, HealthCheck>();
  readonly #backends = new Map<string, Backend>();
  readonly #frontends = new Map<string, Frontend>();
  #outcome: ValidFile | undefined;
  #pools: Pool[] = [];
  #members: PoolBackend[] = [];

  add(piece: ConfigPiece): void {
    if ("outcome" in piece) this.#outcome = piece.outcome;
    else if ("check" in piece) this.#healthchecks.set(piece.check.name, piece.check);
    else if ("backend" in piece) this.#backends.set(piece.backend.name, piece.backend);
    else if ("frontend" in piece) {
      this.#pools = [];
      this.#frontends.set(piece.frontend.name, { ...piece.frontend, pools: this.#pools });
    } else if ("pool" in piece) {
      this.#members = [];
      this.#pools.push({ ...piece.pool, backends: this.#members });
    } else this.#members.push(piece.member);
  }

  finish(): ValidFile {
    const outcome = this.#outcome;
    if (!outcome) throw new TypeError("the first piece of an outcome is missing");
    const config = {
      ...outcome.config,
      healthchecks: this.#healthchecks,
      backends: this.#backends,
      frontends: this.#frontends,
    };
    return { ...outcome, config };
  }
}
