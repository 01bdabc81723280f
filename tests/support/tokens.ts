import { createHash, randomBytes } from "node:crypto";
import type { NewToken } from "../../lib/token/mod.ts";

/** A token such as `maglevc auth token` makes, at once. */
export function newToken(): NewToken {
  const token = `mglv_${randomBytes(32).toString("base64url")}`;
  return { token, sha256: createHash("sha256").update(token).digest("hex") };
}
