import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** So many rows are there, or not, together. */
const chunkRows = 10;

/**
 * The bodies of a table of many rows: of those out of view only the height is there. `columns` is
 * how many cells a row has at any width.
 */
export function Chunks<T>(
  { of, row, columns, rowHeight }: {
    of: readonly T[];
    row: (item: T) => JSX.Element;
    columns: number;
    /** In pixels, until rows were seen. */
    rowHeight: number;
  },
): JSX.Element {
  if (of.length <= 6 * chunkRows) return <tbody>{of.map(row)}</tbody>;
  const chunks: (readonly T[])[] = [];
  for (let i = 0; i < of.length; i += chunkRows) chunks.push(of.slice(i, i + chunkRows));
  return (
    <>
      {chunks.map((items, i) => (
        <Chunk key={i} columns={columns} height={items.length * rowHeight} isFirst={i === 0}>
          {() =>
            items.map(row)}
        </Chunk>
      ))}
    </>
  );
}

function Chunk(
  { children, columns, height, isFirst }: {
    children: () => JSX.Element[];
    columns: number;
    height: number;
    isFirst: boolean;
  },
): JSX.Element {
  const element = useRef<HTMLTableSectionElement>(null);
  const [isSeen, see] = useState(isFirst);
  const seenHeight = useRef(height);
  useEffect(() => {
    const body = element.current;
    if (!body) return;
    const observer = new IntersectionObserver(([entry]) => {
      if (!entry) return;
      if (!entry.isIntersecting) seenHeight.current = body.offsetHeight || seenHeight.current;
      see(entry.isIntersecting);
    }, { rootMargin: "600px 0px" });
    observer.observe(body);
    return () => observer.disconnect();
  }, []);
  return (
    <tbody ref={element}>
      {isSeen ? children() : (
        <tr class="gap" aria-hidden="true">
          <td colSpan={columns} style={{ height: `${seenHeight.current}px` }} />
        </tr>
      )}
    </tbody>
  );
}
