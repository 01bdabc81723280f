import { newToken } from "../../token/mod.ts";
import type { Command } from "../node.ts";

/** `auth token`: makes a token. Nobody else hears of it, nor of its digest. */
export const makeToken: Command = {
  kind: "local",
  async run() {
    const { token, sha256 } = await newToken();
    // In quotes, since digits alone, or with an e between, would be a number.
    const entry = `- { name: NAME, role: view, sha256: "${sha256}" }`;
    const text = [
      token,
      "",
      "Keep this in a file that nobody else can read, for maglevc --token-file, and put its digest",
      "below auth.tokens into the file of maglevd --auth, with a name and a role:",
      "",
      entry,
    ].join("\n");
    return { text: () => text, json: () => ({ token, sha256 }), exitCode: 0 };
  },
};
