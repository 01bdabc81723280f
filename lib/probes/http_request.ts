import type { HttpCheck } from "../config/mod.ts";
import type { IpAddress } from "../ip/mod.ts";

/** Ports that a Host header leaves out. */
const defaultPorts = { http: 80, https: 443 } as const;

/** A request, ready to be sent. */
export interface HttpRequest {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The length of `bytes` as the system call takes it. */
  readonly length: bigint;
}

/**
 * Remembers the request of each address, because building one costs as much as reading the
 * response. Forgets with the address.
 */
export class HttpRequests {
  readonly #agent: string;
  readonly #known = new WeakMap<IpAddress, HttpRequest & { readonly check: HttpCheck }>();

  /** Version and name are the program's, for the User-Agent. */
  constructor(version: string, program = "maglevd") {
    this.#agent = `${program}/${version}`;
  }

  /** What `check` sends to `address`. */
  get(check: HttpCheck, address: IpAddress): HttpRequest {
    const known = this.#known.get(address);
    if (known?.check === check) return known;
    const bytes = new TextEncoder().encode(httpRequest(check, address, this.#agent));
    const request = { check, bytes, length: BigInt(bytes.length) };
    this.#known.set(address, request);
    return request;
  }
}

/**
 * The request of a check, as text of ASCII characters only: one GET that asks for the connection to
 * be closed. `agent` says which program asks. Pure.
 */
export function httpRequest(check: HttpCheck, address: IpAddress, agent: string): string {
  return `GET ${visible(check.path)} HTTP/1.1\r\n` +
    `Host: ${hostHeader(check, address)}\r\n` +
    `User-Agent: ${visible(agent)}\r\n` +
    "Accept: */*\r\nConnection: close\r\n\r\n";
}

/** The host as configured, else the address with the port unless it is the scheme's own. */
function hostHeader(check: HttpCheck, address: IpAddress): string {
  if (check.host !== undefined) return visible(check.host);
  const host = address.family === 6 ? `[${address.text}]` : address.text;
  return check.port === defaultPorts[check.type] ? host : `${host}:${check.port}`;
}

/** Nothing may end a line or a field early: percent-encodes all but visible ASCII characters. */
function visible(text: string): string {
  return text.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent);
}
