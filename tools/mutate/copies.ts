import { TreeCopy } from "./tree.ts";

/** One copy of the tree, and perhaps more. */
export type Copies = readonly [TreeCopy, ...TreeCopy[]];

/** Does `work` with so many copies of the tree in the current folder, and removes them. */
export async function inCopies<T>(
  count: number,
  work: (copies: Copies) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack();
  const make = async () => stack.use(await TreeCopy.of("."));
  const copies: [TreeCopy, ...TreeCopy[]] = [await make()];
  while (copies.length < count) copies.push(await make());
  return await work(copies);
}
