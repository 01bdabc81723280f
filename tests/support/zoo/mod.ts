/**
 * Servers that do what servers should not, for probes to be shown: each says what a probe has to
 * make of it.
 *
 * @module
 */

import type { Animal } from "./animal.ts";
import { httpAnimals } from "./http.ts";
import { tlsAnimals } from "./tls.ts";

export type { Animal, Look } from "./animal.ts";
export { type Exhibit, Keeper } from "./keeper.ts";

/** All of them. */
export const animals: readonly Animal[] = [...httpAnimals, ...tlsAnimals];
