/**
 * The faults in the output of `deno doc --lint` that this house minds. Every exported symbol needs
 * a comment; a member of an interface or class does only where its name does not say everything,
 * which no tool can judge, so missing comments on members are left to the reader.
 */
export function docFaults(output: string): string[] {
  return output.split(/\n\n+(?=error\[)/)
    .map((block) => block.trim())
    .filter((block) => block.startsWith("error[") && !isUncommentedMember(block));
}

/** The excerpt line of such a fault, `12 |   readonly port: number;`, is indented code. */
function isUncommentedMember(block: string): boolean {
  return block.startsWith("error[missing-jsdoc]") && /^\s*\d+ \| {2,}\S/m.test(block);
}
