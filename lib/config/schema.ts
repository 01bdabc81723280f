/**
 * The configuration file, key by key: type, default, range and description; what stands under
 * `maglev` has a file each in `schema/`. The parser, the JSON Schema and the reference in the guide
 * all come from here.
 *
 * @module
 */

import { backend } from "./schema/backend.ts";
import { frontend } from "./schema/frontend.ts";
import { healthcheck } from "./schema/health_check.ts";
import { healthchecker } from "./schema/healthchecker.ts";
import { lb } from "./schema/lb.ts";
import { safety } from "./schema/safety.ts";
import type { SectionSpec } from "./spec.ts";

const maglev = {
  type: "section",
  required: true,
  description: "Everything belongs under this one key.",
  fields: {
    healthchecker,
    safety,
    vpp: {
      type: "section",
      description: "VPP, the data plane.",
      fields: { lb },
    },
    healthchecks: {
      type: "named",
      noun: "health check",
      description: "Ways of probing, by name.",
      of: healthcheck,
    },
    backends: {
      type: "named",
      noun: "backend",
      description: "Application servers, by name.",
      of: backend,
    },
    frontends: {
      type: "named",
      noun: "frontend",
      description: "VIPs, by name.",
      of: frontend,
    },
  },
} as const satisfies SectionSpec;

/** The whole file. */
export const fileSpec = {
  type: "section",
  description: "Configuration of maglevd.",
  fields: { maglev },
} as const satisfies SectionSpec;

/** The type of {@link fileSpec}, which those of the sections that are read come from. */
export type FileSpec = typeof fileSpec;
/** `maglev` in it. */
export type MaglevSpec = typeof maglev;
