import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { settle } from "./until.ts";

setFlagsFromString("--expose-gc");

/** Collects garbage now. */
export const collectGarbage: () => void = runInNewContext("gc");

/** Has whatever nobody holds any more collected, with what waits for that. */
export async function forget(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await settle(20);
    collectGarbage();
  }
}
