import type { SectionSpec } from "../spec.ts";
import { day, second } from "./durations.ts";

/** `maglev.healthchecker`. */
export const healthchecker = {
  type: "section",
  description: "How probing works as a whole.",
  fields: {
    "transition-history": {
      type: "int",
      min: 1,
      max: 1000,
      default: 5,
      description: "State transitions kept per backend.",
    },
    "state-max-age": {
      type: "duration",
      minMs: 0,
      maxMs: day,
      default: 120 * second,
      description:
        "At a start, what `--state-dir` tells of health counts if it is not older than this.",
    },
    netns: {
      type: "text",
      form: "netns",
      default: "",
      description: "Network namespace that probes are sent from. Empty is the daemon's own.",
    },
  },
} as const satisfies SectionSpec;
