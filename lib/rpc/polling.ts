/** An iterator that can also tell what it has at hand, so that a reader can take it in batches. */
export interface Polling<Item> extends AsyncIterator<Item> {
  /** The next item if it is there already; undefined says nothing about what comes later. */
  poll?(): Item | undefined;
}
