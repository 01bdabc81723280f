/** What is wrong, for people and for programs. */
const message = "this port speaks TLS: ask it by https, or by maglevc --tls";

const body = `${JSON.stringify({ code: "failed_precondition", message })}\n`;

/**
 * The answer to a request that comes without TLS where there is. It is Connect's way to tell of
 * errors, so that clients of that repeat it.
 */
export const toPlainText: Uint8Array = new TextEncoder().encode(
  "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n" +
    `content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
);
