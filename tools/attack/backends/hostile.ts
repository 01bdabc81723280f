/**
 * The zoo, as a process of its own: `hostile.ts ADDRESS CERTIFICATE KEY`. Prints what it keeps, as
 * JSON, and ends with its standard input.
 *
 * @module
 */

import { inputLines } from "../site/lines.ts";
import { animals, Keeper, type Look } from "../../../tests/support/zoo/mod.ts";

/** One of them. */
export interface Hostile {
  readonly name: string;
  readonly look: Look;
  /** The code that a probe has to have. */
  readonly code: string;
  readonly port: number;
}

async function main([address = "", certificate = "", key = ""]: string[]): Promise<void> {
  const [cert, pem] = await Promise.all([Deno.readTextFile(certificate), Deno.readTextFile(key)]);
  await using keeper = await Keeper.open(animals, { cert, key: pem }, address);
  const kept = keeper.exhibits.map(({ animal: { name, look, expected }, port }): Hostile => ({
    ...{ name, look, port },
    code: /L\d\w+/.exec(expected.source)?.[0] ?? "",
  }));
  console.log(JSON.stringify(kept));
  // It ends the process, as clients that are being flooded would be waited for.
  await inputLines(() => {});
}

if (import.meta.main) await main(Deno.args);
