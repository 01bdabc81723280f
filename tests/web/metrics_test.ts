import assert from "node:assert/strict";
import type { Broadcast } from "../../lib/web/broadcast.ts";
import { WebMetrics } from "../../lib/web/metrics.ts";

Deno.test("what browsers and maglevds do is counted, whatever they are called", () => {
  const links: Readonly<Record<string, string>> = {
    ...{ rtr1: "connected", 'odd "name" \\ \n': "lost", rtr3: "new" },
  };
  const servers = Object.keys(links);
  const state = (name: string) => ({ link: { state: links[name] } });
  const metrics = new WebMetrics({ servers, messages: 7, state } as unknown as Broadcast);
  const series = () => metrics.render().split("\n").filter((line) => !/^#|^$/.test(line));
  const of = (name: string, value: number) => `maglev_frontend_web_${name} ${value}`;
  const heard = [
    of('connected{server="rtr1"}', 1),
    of('connected{server="odd \\"name\\" \\\\ \\n"}', 0),
    of('connected{server="rtr3"}', 0),
  ];
  const zero = [
    ...[of("browsers", 0), of("streams_total", 0), of("cut_off_total", 0)],
    ...[of("messages_total", 7), of("failed_logins_total", 0)],
  ];
  assert.deepEqual(series(), [...heard, ...zero]);
  for (let i = 0; i < 3; i++) metrics.opened();
  metrics.closed();
  metrics.cutOff();
  for (let i = 0; i < 4; i++) metrics.loginFailed();
  for (let i = 0; i < 2; i++) metrics.acted("sync", "done");
  metrics.acted("sync", "failed");
  assert.deepEqual(series(), [
    ...[...heard, of("browsers", 2), of("streams_total", 3), of("cut_off_total", 1)],
    ...[of("messages_total", 7), of("failed_logins_total", 4)],
    of('actions_total{action="sync",result="done"}', 2),
    of('actions_total{action="sync",result="failed"}', 1),
  ]);
  for (const name of new Set(series().map((line) => line.split(/[ {]/)[0]))) {
    const isCounter = name?.endsWith("_total");
    const type = `# TYPE ${name} ${isCounter ? "counter" : "gauge"}\n`;
    assert.ok(metrics.render().includes(type), type);
    assert.match(metrics.render(), new RegExp(`^# HELP ${name} [A-Z].*\\.$`, "m"));
  }
});
