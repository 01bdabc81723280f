import type { Logger } from "../log/mod.ts";
import type { CheckerObserver } from "./types.ts";

/** The observer, if any, kept from disturbing the checker when it throws. */
export function guarded(observer: CheckerObserver | undefined, log: Logger): CheckerObserver {
  const failed = (error: unknown): void => {
    log.error("checker-observer-failed", { err: String(error) });
  };
  return {
    probeDone(backend, type, result) {
      try {
        observer?.probeDone(backend, type, result);
      } catch (error) {
        failed(error);
      }
    },
    transition(backend, from, to) {
      try {
        observer?.transition(backend, from, to);
      } catch (error) {
        failed(error);
      }
    },
    removed(backend) {
      try {
        observer?.removed(backend);
      } catch (error) {
        failed(error);
      }
    },
  };
}
