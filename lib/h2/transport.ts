/** What carries a connection: a `Deno.Conn` of any kind (TCP, TLS, Unix) is one. */
export interface ByteConn {
  /** Reads up to `p.length` octets into `p`; null at the end. */
  read(p: Uint8Array): Promise<number | null>;
  /** Writes some of `p` and tells how much. */
  write(p: Uint8Array): Promise<number>;
  /** Ends reading and writing; pending calls fail. */
  close(): void;
  /** Ends writing only. */
  closeWrite?(): Promise<void>;
}

/** Closes a connection that may be closed already. */
export function closeConn(conn: Pick<ByteConn, "close">): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
