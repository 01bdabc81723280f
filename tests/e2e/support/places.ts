/** The root of the tree, with a final slash. */
export const root = new URL("../../../", import.meta.url).pathname;
