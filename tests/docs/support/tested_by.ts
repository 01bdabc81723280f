/**
 * Files of `lib` without a test of their own name, by the test that is about them: what they do is
 * seen in what several of them do together. Both without `lib/`, `tests/` and their endings.
 */
export const testedBy: Readonly<Record<string, readonly string[]>> = {
  "access/auth_file": ["access/auth_schema"],
  "access/certificate": ["access/der", "access/distinguished_name"],

  "api/audit": ["rpc/audit"],
  "api/service": ["api/convert/status"],

  "checker/fail_open": ["checker/frontend", "checker/standings"],
  "checker/model": ["checker/engine"],
  "checker/operator": ["checker/intents"],
  "checker/reload": ["checker/apply", "checker/placing", "checker/plan"],

  "cli/change": ["cli/oneshot"],
  "cli/client": ["cli/grpc_transport"],
  "cli/commands/backends": ["cli/commands/backend_filters"],
  "cli/execute": ["cli/targets"],
  "cli/golden": [
    ...["cli/commands/frontends", "cli/commands/set"],
    ...["cli/commands/version", "cli/help", "cli/report"],
  ],
  "cli/older": ["cli/asking"],
  "cli/servers": ["cli/servers_file"],
  "cli/shell/shell": ["cli/shell/editor", "cli/shell/readline"],
  "cli/walk": ["cli/node", "cli/tree"],

  "config/fixtures": [
    "config/check_types",
    "config/health_check",
    "config/read",
    "config/rules/frontend",
    "config/rules/vpp",
    "config/scalar",
    "config/yaml",
  ],
  "config/schema": ["config/forms"],

  "daemon/settings": ["daemon/flags", "flags/tls_flags"],

  "h1/answers": ["h1/answer"],
  "h1/endings": ["h1/exchange", "h1/session"],
  "h1/patience": ["h1/output"],
  "h1/requests": ["h1/request_body"],

  "h2/conformance/messages": ["h2/field_sections"],
  "h2/conformance/flow_control": ["h2/sender"],
  "h2/conformance/frames": ["h2/receiver"],
  "h2/conformance/shutdown": ["h2/shutdown"],
  "h2/conformance/streams": ["h2/streams/stream", "h2/streams/streams"],
  "h2/conformance/time": ["h2/timekeeper"],
  "h2/core": ["h2/types"],

  "maglev/table": ["maglev/xxhash"],

  "metrics/metrics": ["metrics/health_collectors", "metrics/vpp_collectors"],
  "metrics/scrapes": ["metrics/rendering"],

  "net/poller": ["net/eventfd"],

  "probes/attempts": ["probes/connecting", "probes/connection_stream", "probes/table"],
  "probes/deadline": ["probes/prober"],
  "probes/http": ["probes/http_exchange"],
  "probes/icmp_hub": ["probes/icmp_hubs"],
  "probes/icmp_network": ["probes/icmp"],
  "probes/sliced_search": ["probes/body_search"],
  "probes/tls": ["probes/https", "probes/tcp"],

  "probing/thread_server": ["probing/thread_messages"],

  "rpc/requests": ["rpc/call_head", "rpc/protocols", "rpc/request_messages"],
  "rpc/call": ["rpc/rpc"],

  "sim/in_memory": [
    ...["sim/by_hand", "sim/in_memory/connection", "sim/in_memory/stream"],
    ...["sim/in_memory/vpp", "sim/process"],
  ],
  "sim/protocol": ["sim/api", "sim/dispatcher", "sim/simulated_vpp"],
  "sim/replay": ["sim/handlers", "sim/lb_types"],
  "sim/stats": ["sim/counters", "sim/segment", "sim/vpp"],

  "simulation/reasons": ["simulation/desired"],
  "simulation/run": [
    ...[
      "simulation/actions",
      "simulation/daemon",
      "simulation/disturbance",
      "simulation/edits",
      "simulation/history",
      "simulation/network",
    ],
    ...["simulation/timing", "simulation/wire_watch"],
  ],
  "simulation/watches": ["simulation/site", "simulation/well_watch"],
  "state/keeper": ["simulation/memory_keeping"],

  "state/store": ["state/schema"],
  "state/worker_client": ["state/worker_server"],

  "tester/ask/new_flows": ["tester/ask/kept_flows"],
  "tester/screen/view": ["tester/screen/rows"],
  "tester/settings": ["tester/flags"],

  "rpc/tls_replaced": ["tls/identity"],

  "vpp/sync/syncer": ["vpp/sync/targets"],

  "web/page": [
    ...["web/page/ask", "web/page/chosen", "web/page/follow", "web/page/problems"],
    ...["web/page/rights", "web/page/route", "web/page/store"],
  ],
  "web/reduce": ["web/state", "web/to_wire"],
  "web/roles": ["web/visitors"],
  "web/server": [
    "web/answers",
    "web/assets",
    "web/budget",
    "web/gate",
  ],
  "web/settings": ["web/flags"],
  "web/token": ["web/server_credentials"],
  "web/vpp_calls": ["web/vpp_table"],
};

/** Files with names, numbers and texts but no logic: a test would say them a second time. */
export const onlyNames: readonly string[] = [
  ...[
    "checker/types",
    "events/types",
    "h1/errors",
  ],
  ...["h1/limits", "h2/frames/types", "health/types", "log/types"],
  ...["metrics/families", "net/libc", "probes/types", "state/types"],
  ...["tester/ask/types", "vpp/service"],
];
