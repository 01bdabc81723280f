import type { Site } from "./site.ts";

/** What a comment of a script says has happened, so that its commands show it. */
export interface Happening {
  readonly what: "crashed" | "back" | "flaps";
  /** Last numbers of the addresses of backends; none for VPP. */
  readonly backends: readonly number[];
}

const told: readonly (readonly [RegExp, Happening["what"]])[] = [
  [/(has|have) (crashed|stopped)$/, "crashed"],
  [/(is|are) back$/, "back"],
  [/flaps$/, "flaps"],
];

/** What the comments of a script tell: `# 192.0.2.11 and 192.0.2.12 have crashed`. */
export function happenings(script: string): Happening[] {
  return script.split("\n").filter((line) => /^# (VPP|192\.0\.2\.\d)/.test(line))
    .flatMap((line): Happening[] => {
      const [, what] = told.find(([pattern]) => pattern.test(line)) ?? [];
      const backends = [...line.matchAll(/192\.0\.2\.(\d+)/g)].map(([, number]) => Number(number));
      return what ? [{ what, backends }] : [];
    });
}

/** Has it happen, and waits until maglevd has seen it. */
export async function bringAbout(site: Site, { what, backends }: Happening): Promise<void> {
  if (backends.length === 0) return await (what === "crashed" ? site.stopVpp() : site.startVpp());
  for (const number of backends) {
    if (what === "crashed") await site.goesDown(number);
    else if (what === "back") await site.comesUp(number);
    for (let i = 0; what === "flaps" && i < 2; i++) {
      await site.goesDown(number);
      await site.comesUp(number);
    }
  }
}
