import { Code, ConnectError } from "@connectrpc/connect";

/** Octets that maglevd answers with at most, in one message: a list of 10,000 backends is 2 MB. */
const longestMessage = 32 * 1024 * 1024;

/** Of streams and gRPC, whose messages have their lengths before them. */
const framedType = /^application\/(?:connect\+|grpc)/i;
/** A flag and a length. */
const headerBytes = 5;

/** Takes note of octets of an answer, as they come. Throws ResourceExhausted. */
export type AnswerMeter = (octets: Uint8Array) => void;

/**
 * Refuses the answer that is no maglevd's: what reads it keeps a message until its end, which one
 * that is broken, or somebody else in its place, need not have.
 */
export function answerMeter(contentType: string): AnswerMeter {
  return framedType.test(contentType) ? framed() : whole();
}

function whole(): AnswerMeter {
  let length = 0;
  return (octets) => {
    length += octets.length;
    if (length > longestMessage) throw tooLong();
  };
}

function framed(): AnswerMeter {
  /** Of the message that has begun, octets that are to come. */
  let left = 0;
  let length = 0;
  let headerAt = 0;
  return (octets) => {
    for (let at = 0; at < octets.length;) {
      const some = Math.min(left, octets.length - at);
      left -= some;
      at += some;
      if (left > 0 || at === octets.length) return;
      // What comes before the length is shifted out by it.
      length = (length * 256 + (octets[at++] ?? 0)) % 2 ** 32;
      if (++headerAt < headerBytes) continue;
      if (length > longestMessage) throw tooLong();
      [left, headerAt] = [length, 0];
    }
  };
}

function tooLong(): ConnectError {
  const most = longestMessage / 2 ** 20;
  return new ConnectError(`it answers with more than ${most} MiB`, Code.ResourceExhausted);
}
