/**
 * The faults in the output of `deno doc --lint` that this house minds. Every exported symbol needs
 * a comment; a member of an interface or class does only where its name does not say everything,
 * which no tool can judge, so missing comments on members are left to the reader. What generated
 * code and packages lack, or refer to, is theirs.
 */
export function docFaults(output: string): string[] {
  return output.split(/\n\n+(?=error\[)/)
    .map((block) => block.trim())
    .filter((block) => block.startsWith("error[") && isOurs(block) && !isUncommentedMember(block));
}

function isOurs(block: string): boolean {
  const place = /^\s*--> (.*?):\d+:\d+$/m.exec(block)?.[1] ?? "";
  return !place.includes("/lib/gen/") && !place.includes("/npm/");
}

/** The excerpt line of such a fault, `12 |   readonly port: number;`, is indented code. */
function isUncommentedMember(block: string): boolean {
  return block.startsWith("error[missing-jsdoc]") && /^\s*\d+ \| {2,}\S/m.test(block);
}
