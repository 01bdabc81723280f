import { Code, ConnectError } from "@connectrpc/connect";

/** What maglevc ends with. */
export const exitCodes = {
  /** It was done. */
  done: 0,
  /** It was refused, or went wrong. */
  failed: 1,
  /** That is no command, or no flag. */
  usage: 2,
  /** There is nothing of that name. */
  notFound: 3,
  /** maglevd cannot be reached. */
  unreachable: 4,
  /** Something is not as it should be, or did not become so in time. */
  differs: 5,
} as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A command that did not do what it was asked; the message is for the operator. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";

  constructor(message: string, readonly exitCode: ExitCode = exitCodes.failed) {
    super(message);
  }
}

/** A question was answered with no, or interrupted. */
export class DeclinedFailure extends CommandFailure {}

/** A line that is not a command: word number `at` does not fit, or more words are needed. */
export class SyntaxFailure extends CommandFailure {
  constructor(readonly at: number | undefined, message: string) {
    super(message, exitCodes.usage);
  }
}

/** What maglevc ends with after a failure. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandFailure) return error.exitCode;
  if (!(error instanceof ConnectError)) return exitCodes.failed;
  if (error.code === Code.NotFound) return exitCodes.notFound;
  const isSilent = error.code === Code.DeadlineExceeded || foreignAnswer(error) !== undefined;
  return isSilent || isUnreachable(error) ? exitCodes.unreachable : exitCodes.failed;
}

/** Any failure as one sentence, without the transport's boilerplate. */
export function describeError(error: unknown, server: string): string {
  if (error instanceof CommandFailure) return error.message;
  if (!(error instanceof ConnectError)) return `unexpected: ${messageOf(error)}`;
  const foreign = foreignAnswer(error);
  if (foreign) return `what answers at ${server} is not maglevd's API: ${foreign}`;
  if (isUnreachable(error)) return `cannot reach maglevd at ${server}: ${whyUnreachable(error)}`;
  if (error.code === Code.DeadlineExceeded) return `maglevd at ${server} did not answer in time`;
  if (error.code === Code.Canceled) return "cancelled";
  return error.rawMessage || `maglevd answered ${Code[error.code]}`;
}

/** Whether a server answered with one of these statuses. */
export function hasCode(error: unknown, ...codes: readonly Code[]): error is ConnectError {
  return error instanceof ConnectError && codes.includes(error.code);
}

/** For a call that may end with one of these statuses: `call.catch(ignoring(…))` is undefined then. */
export function ignoring(...codes: readonly Code[]): (error: unknown) => undefined {
  return (error) => {
    if (!hasCode(error, ...codes)) throw error;
  };
}

/** Whether no server answered at all, as opposed to one that answered with an error. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof ConnectError && error.cause instanceof TypeError;
}

/** What a server answered that cannot be maglevd, as its metrics port or any web server does. */
function foreignAnswer(error: ConnectError): string | undefined {
  if (/^(HTTP \d+|unsupported content type .*)$/.test(error.rawMessage)) return error.rawMessage;
  return /invalid HTTP/.test(causes(error).join(" ")) ? "it does not speak HTTP" : undefined;
}

/** Whether a server answered HTTP/1.1 with what HTTP/2 begins with (RFC 9113 section 3.4). */
export function speaksOnlyHttp2(error: unknown): boolean {
  return causes(error).some((message) => /invalid HTTP version parsed/.test(message));
}

function whyUnreachable(error: ConnectError): string {
  // Without the URL: a host may be called dns1.
  const text = causes(error).join(" ").replaceAll(/\(https?:[^)]*\)/g, "");
  const [, reason = error.rawMessage] = reasons.find(([pattern]) => pattern.test(text)) ?? [];
  return reason;
}

/** What the runtime says, of TLS first, and what it means for an operator. */
const reasons: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/UnknownIssuer/, "its certificate is by an authority that is not trusted here: --ca adds one"],
  [/CaUsedAsEndEntity/, "its certificate is an authority's (CA:TRUE), which is no server's"],
  [/NotValidForName|not valid for name/, "its certificate is not for the name that it is asked by"],
  [/NotValidYet|not valid yet/, "its certificate is not valid yet: look at the clocks"],
  [/certificate.*expired/i, "its certificate has expired"],
  [/invalid peer certificate/, "its certificate is not good"],
  [/corrupt message/, "it does not speak TLS there: leave --tls out"],
  [/no such file/i, "there is no such socket"],
  [/permission denied/i, "permission denied"],
  [/refused/i, "connection refused"],
  [/lookup|resolve|dns/i, "the name does not resolve"],
  [/no route/i, "no route to the host"],
  [/unreachable/i, "network unreachable"],
  [/timed? ?out/i, "timed out"],
  [/reset|closed|broken pipe|eof|reading a body/i, "the connection was closed"],
];

/** The message of an error and of what caused it, outermost first. */
function causes(error: unknown): string[] {
  return error instanceof Error ? [error.message, ...causes(error.cause)] : [];
}

/** What an error says, without the transport's prefix. */
export function messageOf(error: unknown): string {
  if (error instanceof ConnectError) return error.rawMessage;
  return error instanceof Error ? error.message : String(error);
}
