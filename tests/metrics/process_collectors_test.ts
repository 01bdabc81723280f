import { deepEqual, ok } from "node:assert/strict";
import { parseProcess, readProcess } from "../../lib/metrics/process_collectors.ts";

const stat = "77 (a ) b) S 1 77 77 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 9 0 12345 1000000 300 0";
const status = "Name:\tmaglevd\nVmHWM:\t     999 kB\nVmRSS:\t   19200 kB\nThreads:\t4\n";
const boot = "cpu 1 2\nbtime 1700000000\n";
const limits =
  "Limit  Soft Limit Hard Limit Units\nMax open files            1024   4096   files\n";

Deno.test("the figures are found although the command holds a parenthesis", () => {
  deepEqual(parseProcess({ stat, status, boot, limits }), {
    cpuSeconds: 3,
    startSeconds: 1_700_000_123.45,
    virtualBytes: 1_000_000,
    residentBytes: 19_200 * 1024,
    maxFds: 1024,
  });
});

Deno.test("the resident memory of 300 pages depends on how large they are, and is told", () => {
  const { residentBytes } = parseProcess({ stat, status, boot, limits });
  deepEqual(residentBytes, 300 * 65_536);
});

Deno.test("what /proc doesn't say is left out", () => {
  const limits = "Max open files unlimited unlimited files";
  deepEqual(parseProcess({ stat: "", status: "", boot: "", limits }), {
    cpuSeconds: undefined,
    startSeconds: undefined,
    virtualBytes: undefined,
    residentBytes: undefined,
    maxFds: undefined,
  });
});

Deno.test("this process has figures that can be true", () => {
  const figures = readProcess();
  ok((figures.residentBytes ?? 0) > 1 << 20);
  ok((figures.openFds ?? 0) > 2);
  ok(Math.abs((figures.startSeconds ?? 0) - Date.now() / 1000) < 86_400);
});
