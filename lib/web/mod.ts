/**
 * maglevd-frontend: follows one or more maglevds, and shows them in browsers. A program of its own,
 * so that no browser can slow a router's health checks.
 *
 * @module
 */

export { type Frontend, runFrontend, startFrontend } from "./run.ts";
export type { Assets } from "./assets.ts";
export type { Credentials, Settings } from "./settings.ts";
