import { Code, ConnectError } from "@connectrpc/connect";

/** A command that did not do what it was asked; the message is for the operator. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
}

/** A line that is not a command: word number `at` does not fit, or more words are needed. */
export class SyntaxFailure extends CommandFailure {
  constructor(readonly at: number | undefined, message: string) {
    super(message);
  }
}

/** Any failure as one sentence, without the transport's boilerplate. */
export function describeError(error: unknown, server: string): string {
  if (error instanceof CommandFailure) return error.message;
  if (!(error instanceof ConnectError)) return `unexpected: ${messageOf(error)}`;
  const foreign = foreignAnswer(error);
  if (foreign) return `what answers at ${server} is not maglevd's API: ${foreign}`;
  if (isUnreachable(error)) return `cannot reach maglevd at ${server}: ${reasonOf(error)}`;
  if (error.code === Code.DeadlineExceeded) return `maglevd at ${server} did not answer in time`;
  if (error.code === Code.Canceled) return "cancelled";
  return error.rawMessage || `maglevd answered ${Code[error.code]}`;
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

function reasonOf(error: ConnectError): string {
  const text = causes(error).join(" ");
  if (/refused/i.test(text)) return "connection refused";
  if (/lookup|resolve|dns/i.test(text)) return "the name does not resolve";
  if (/unreachable/i.test(text)) return "network unreachable";
  if (/timed? ?out/i.test(text)) return "timed out";
  if (/reset|closed|broken pipe|eof|reading a body/i.test(text)) return "the connection was closed";
  return error.rawMessage;
}

/** The message of an error and of what caused it, outermost first. */
function causes(error: unknown): string[] {
  return error instanceof Error ? [error.message, ...causes(error.cause)] : [];
}

/** What an error says, without the transport's prefix. */
export function messageOf(error: unknown): string {
  if (error instanceof ConnectError) return error.rawMessage;
  return error instanceof Error ? error.message : String(error);
}
