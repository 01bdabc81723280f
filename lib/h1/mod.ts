/**
 * An HTTP/1.1 server (RFC 9112) for one connection at a time: strict in what it takes, bounded in
 * what it holds, with the handlers of the HTTP/2 server.
 *
 * @example One request on one connection
 * ```ts
 * import { equal } from "node:assert/strict";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const { port } = listener.addr as Deno.NetAddr;
 * const served = listener.accept().then((conn) =>
 *   serveH1(conn, () => Promise.resolve({ status: 204, headers: [["server", "example"]] })).closed
 * );
 * const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });
 * equal(`${response.status} ${response.headers.get("server")}`, "204 example");
 * await served;
 * ```
 *
 * @module
 */

export { BadRequest } from "./errors.ts";
export { type H1ServeOptions, type H1Session, serveH1 } from "./session.ts";
export { defaultH1Limits, type H1Limits } from "./limits.ts";
export { sharedByAnswers } from "./answer.ts";
