import type { H2Field, H2Request, H2Response } from "../h2/mod.ts";

/**
 * What a browser has to be told before a page of another origin may send what is no plain form's,
 * and see what is answered (https://fetch.spec.whatwg.org/#http-cors-protocol).
 */

/** Fields that clients of Connect and gRPC-Web send, and that a page may therefore set. */
const allowedFields = [
  "authorization",
  "connect-protocol-version",
  "connect-timeout-ms",
  "content-type",
  "grpc-timeout",
  "x-grpc-web",
  "x-user-agent",
];

/** Fields of an answer that those clients read. */
const exposedFields = ["grpc-message", "grpc-status", "grpc-status-details-bin"];

/** Seconds for which a browser need not ask again. */
const maxAge = 7_200;

/** Whether a browser asks what a page may send. */
export function isPreflight({ method, headers }: H2Request): boolean {
  return method === "OPTIONS" &&
    headers.some(([name]) => name === "access-control-request-method");
}

/** What a browser is told of a page that is let in. */
export function preflightAnswer({ headers }: H2Request, origin: string): H2Response {
  // Browsers ask so before they let a page of the Internet reach an address of a private network.
  const isPrivate = headers.some(([name]) => name === "access-control-request-private-network");
  const fields: H2Field[] = [
    ["access-control-allow-methods", "GET, POST"],
    ["access-control-allow-headers", allowedFields.join(", ")],
    ["access-control-max-age", String(maxAge)],
  ];
  if (isPrivate) fields.push(["access-control-allow-private-network", "true"]);
  return { status: 204, headers: [...fields, ...originFields(origin)] };
}

/** An answer that a page of `origin` may read. */
export function readableBy(origin: string, response: H2Response): H2Response {
  const exposed: H2Field = ["access-control-expose-headers", exposedFields.join(", ")];
  return { ...response, headers: [...response.headers, exposed, ...originFields(origin)] };
}

function originFields(origin: string): H2Field[] {
  return [["access-control-allow-origin", origin], ["vary", "origin"]];
}
