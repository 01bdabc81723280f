import type { SectionSpec } from "../spec.ts";

/** `maglev.safety`. */
export const safety = {
  type: "section",
  description: "What keeps traffic safe from mistakes.",
  fields: {
    "max-removals": {
      type: "text",
      form: "percent",
      default: "50%",
      description:
        "A reload that would take more than this share of all VIPs, or of all servers, out of " +
        "service is refused unless it is forced. That of the file in force counts. `100%` " +
        "refuses nothing.",
    },
  },
} as const satisfies SectionSpec;
