/**
 * An HTTP/1.1 server (RFC 9112) for one connection at a time: strict in what it takes, bounded in
 * what it holds, with the handlers of the HTTP/2 server.
 *
 * @module
 */

export { BadRequest } from "./errors.ts";
export { type H1ServeOptions, type H1Session, serveH1 } from "./session.ts";
export { defaultH1Limits, type H1Limits } from "./limits.ts";
