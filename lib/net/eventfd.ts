import { libc } from "./libc.ts";

/** What is added to an eventfd's counter to make it readable (eventfd(2)). */
const one = new Uint8Array(BigUint64Array.of(1n).buffer);
const counter = new Uint8Array(8);

/** Makes an eventfd readable, which wakes who sleeps on it, on whichever thread of this process. */
export function wake(eventfd: number): void {
  libc.write(eventfd, one, 8n);
}

/** Makes an eventfd unreadable again. */
export function calm(eventfd: number): void {
  libc.read(eventfd, counter, 8n);
}
