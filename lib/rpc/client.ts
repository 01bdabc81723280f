import type { Credentials } from "../access/mod.ts";

/**
 * A client's connection as its requests have it: by it is counted what they hold together, and
 * known who it is.
 */
export class Client {
  /** Set at latest when the first request comes. */
  credentials: Credentials | undefined;

  constructor(credentials?: Credentials) {
    this.credentials = credentials;
  }
}
