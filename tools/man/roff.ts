/** roff takes hyphens for dashes, backslashes for escapes, dots and quotes up front for requests. */
export function escape(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^([.'])/, "\\&$1");
}
