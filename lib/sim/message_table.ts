import text from "./message_table.txt" with { type: "text" };

/** One line of the table that VPP hands out in `sockclnt_create_reply`. */
export interface TableEntry {
  /** What messages of this kind start with. */
  readonly id: number;
  /** Name and CRC: `lb_conf_56cd3261`. */
  readonly nameCrc: string;
}

/**
 * All 853 messages of VPP 26.10 with the lb plugin, in the order of a real reply: that of a hash
 * table's buckets, neither by id nor by name.
 */
export const messageTable: readonly TableEntry[] = text.trimEnd().split("\n").map((line) => {
  const [id = "", nameCrc = ""] = line.split(" ");
  return { id: Number(id), nameCrc };
});
