import { ErrorCode } from "../../../lib/h2/mod.ts";

const names = new Map<number, string>(
  Object.entries(ErrorCode).map(([name, code]) => [code, name]),
);

/** The RFC's name of `code`, or its number in hexadecimal when it has none. */
export function errorName(code: number): string {
  return names.get(code) ?? `0x${code.toString(16)}`;
}
