/** A key as node:readline reports it. */
export interface Key {
  /** The characters it stands for, if any. */
  readonly text: string | undefined;
  readonly name: string | undefined;
  readonly ctrl: boolean;
  readonly meta: boolean;
}

/** Whether the key puts characters into the line. */
export function isPrintable(key: Key): boolean {
  return key.text !== undefined && key.text !== "" && !key.ctrl && !key.meta &&
    // deno-lint-ignore no-control-regex
    !/^[\x00-\x1f\x7f]/.test(key.text);
}

/** Whether the key is Ctrl and that letter. */
export function isCtrl(key: Key, letter: string): boolean {
  return key.ctrl && key.name === letter;
}
