import { formatVersion, version } from "../../version/mod.ts";
import type { Command } from "../node.ts";

/** `show version`: of this maglevc. */
export const showVersion: Command = {
  kind: "local",
  run: () => ({
    text: () => formatVersion("maglevc"),
    json: () => ({ ...version }),
    exitCode: 0,
  }),
};
