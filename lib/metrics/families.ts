import { durationBounds } from "../probing/mod.ts";

/** The three kinds of family that maglevd has. */
export type FamilyType = "counter" | "gauge" | "histogram";

/** One metric family: what /metrics declares, and what docs/metrics.md is made of. */
export interface Family {
  readonly name: string;
  readonly type: FamilyType;
  /** One sentence, for operators. */
  readonly help: string;
  /**
   * Label names. Series are stored in groups by the value of the first one, so it is the one with
   * the most values: backend, method, message.
   */
  readonly labels: readonly string[];
  /** Upper bounds in ascending order, without +Inf; empty unless a histogram. */
  readonly buckets: readonly number[];
}

function gauge(name: string, labels: readonly string[], help: string): Family {
  return { name, type: "gauge", help, labels, buckets: [] };
}

function counter(name: string, labels: readonly string[], help: string): Family {
  return { name, type: "counter", help, labels, buckets: [] };
}

function histogram(
  name: string,
  labels: readonly string[],
  buckets: readonly number[],
  help: string,
): Family {
  return { name, type: "histogram", help, labels, buckets };
}

const vip = ["prefix", "protocol", "port"];
const rpc = ["grpc_method", "grpc_service", "grpc_type"];

/** State of backends and frontends, read when scraped. */
export const healthFamilies = {
  backendState: gauge(
    "maglev_backend_state",
    ["backend", "address", "healthcheck", "state"],
    "1 for the state that the backend is in, 0 for the others.",
  ),
  backendHealth: gauge(
    "maglev_backend_health",
    ["backend"],
    "The rise/fall counter, from 0 to rise + fall - 1.",
  ),
  backendEnabled: gauge(
    "maglev_backend_enabled",
    ["backend"],
    "1 if the backend is in service, 0 if it is disabled.",
  ),
  backendDrain: gauge(
    "maglev_backend_drain_seconds",
    ["backend"],
    "How long a backend has been draining or, once it is drained, how long that took; no series " +
      "while nobody has it drained.",
  ),
  backendDrained: gauge(
    "maglev_backend_drained",
    ["backend"],
    "1 once nothing is left of the flows of a backend that is drained, 0 while something may be; no " +
      "series while nobody has it drained.",
  ),
  backendDrainDeadline: gauge(
    "maglev_backend_drain_deadline_seconds",
    ["backend"],
    "How long after the beginning of a backend's drain what is left is moved away everywhere; no " +
      "series where that is never.",
  ),
  backendFlapHold: gauge(
    "maglev_backend_flap_hold",
    ["backend"],
    "1 while the backend is kept down because it flaps, else 0; no series where its check has no " +
      "flap.",
  ),
  backendSlowStart: gauge(
    "maglev_backend_slow_start_ratio",
    ["frontend", "backend"],
    "How much of its weight a backend has since it came up, from 0.1 to 1; no series where the " +
      "frontend has no slow start.",
  ),
  backendTransitions: counter(
    "maglev_backend_transitions_total",
    ["backend", "from", "to"],
    "Changes of a backend's state.",
  ),
  frontendState: gauge(
    "maglev_frontend_state",
    ["frontend", "address", "protocol", "port", "state"],
    "1 for the state that the frontend is in, 0 for the others.",
  ),
  frontendFailOpen: gauge(
    "maglev_frontend_fail_open",
    ["frontend"],
    "1 while too few backends of the frontend are up, so that those that were last in use keep " +
      "their weights; no series where fail-open is never.",
  ),
  frontendPoolActive: gauge(
    "maglev_frontend_pool_active",
    ["frontend", "pool"],
    "1 for the pool that carries the frontend's traffic, 0 for the others.",
  ),
  frontendPoolIndex: gauge(
    "maglev_frontend_active_pool_index",
    ["frontend"],
    "Place of the pool that carries the frontend's traffic, in the file's order: 0 is the most " +
      "preferred one, any other a fallback.",
  ),
  effectiveWeight: gauge(
    "maglev_frontend_backend_effective_weight",
    ["frontend", "pool", "backend"],
    "Weight that VPP is to have for a backend (0-100), after health, failover and drains; no " +
      "series while a backend that was not probed yet keeps what VPP has.",
  ),
  poolWeight: gauge(
    "maglev_frontend_pool_backend_weight",
    ["frontend", "pool", "backend"],
    "Weight of a backend in a pool (0-100), as configured or as set by an operator since.",
  ),
} satisfies Record<string, Family>;

/** Probes, counted as they finish. */
export const probeFamilies = {
  probes: counter(
    "maglev_probe_total",
    ["backend", "type", "result", "code"],
    "Finished probes; result is success or failure, code says how far the probe came.",
  ),
  probeDuration: histogram(
    "maglev_probe_duration_seconds",
    ["backend", "type"],
    durationBounds,
    "How long probes took, from connecting to the verdict.",
  ),
  certificateExpiry: gauge(
    "maglev_probe_certificate_expiry_seconds",
    ["backend"],
    "Unix time at which the certificate ends that the backend showed last to a probe over TLS.",
  ),
  probesDelayed: counter(
    "maglev_probes_delayed_total",
    [],
    "Probes that started more than 10 ms after the tick of 10 ms in which they were due.",
  ),
  probesLate: counter(
    "maglev_probes_late_total",
    [],
    "Probes that started more than 50 ms after they were due.",
  ),
  probeStalls: counter(
    "maglev_probe_stalls_total",
    [],
    "How often maglevd was stopped or so short of CPU time that the schedule had to be moved.",
  ),
  probesExcused: counter(
    "maglev_probes_excused_total",
    [],
    "Failed probes that did not count, because maglevd itself had been stopped meanwhile.",
  ),
  probesRunning: gauge("maglev_probes_running", [], "Probes on their way."),
} satisfies Record<string, Family>;

/** The VPP that maglevd programs; without series while VPP integration is off. */
export const vppFamilies = {
  connected: gauge("maglev_vpp_connected", [], "1 while maglevd is connected to VPP, else 0."),
  uptime: gauge("maglev_vpp_uptime_seconds", [], "How long VPP has been running."),
  connectedFor: gauge(
    "maglev_vpp_connected_seconds",
    [],
    "How long the present connection to VPP has lasted.",
  ),
  inStep: gauge(
    "maglev_vpp_in_step",
    [],
    "1 while VPP holds all that is desired, 0 while it does not, or is not known to yet.",
  ),
  info: gauge(
    "maglev_vpp_info",
    ["version", "build_date", "pid"],
    "The VPP that maglevd is connected to; always 1.",
  ),
  api: counter(
    "maglev_vpp_api_total",
    ["msg", "direction", "result"],
    "Messages on VPP's binary API; direction is send or recv, result is success or failure.",
  ),
  lbSync: counter(
    "maglev_vpp_lbsync_total",
    ["scope", "kind"],
    "Changes made to VPP's load balancer; scope is all or vip, kind says what was changed.",
  ),
  altered: counter(
    "maglev_vpp_altered_total",
    [],
    "How often VPP was found altered by somebody else than maglevd.",
  ),
  vipPackets: counter(
    "maglev_vpp_vip_packets_total",
    [...vip, "kind"],
    "Packets to a VIP as the lb plugin counts them; kind is next (of a known flow), first (of a " +
      "new flow), untracked or no_server.",
  ),
  vipRoutePackets: counter(
    "maglev_vpp_vip_route_packets_total",
    vip,
    "Packets that came in for an address of VIPs, all its ports together; each address once, " +
      "with protocol any and port 0.",
  ),
  vipRouteBytes: counter(
    "maglev_vpp_vip_route_bytes_total",
    vip,
    "Bytes that came in for an address of VIPs, all its ports together; each address once, " +
      "with protocol any and port 0.",
  ),
  serverPackets: counter(
    "maglev_vpp_server_packets_total",
    ["address"],
    "Packets that the lb plugin sent to an application server, all VIPs together.",
  ),
  serverBytes: counter(
    "maglev_vpp_server_bytes_total",
    ["address"],
    "Bytes that the lb plugin sent to an application server, encapsulation included.",
  ),
} satisfies Record<string, Family>;

/** The API, with the names that gRPC servers commonly use. */
export const rpcFamilies = {
  started: counter("grpc_server_started_total", rpc, "Calls that were started."),
  handled: counter(
    "grpc_server_handled_total",
    [...rpc, "grpc_code"],
    "Calls that ended, by the code they ended with.",
  ),
  received: counter("grpc_server_msg_received_total", rpc, "Messages received from clients."),
  sent: counter("grpc_server_msg_sent_total", rpc, "Messages sent to clients."),
  handling: histogram(
    "grpc_server_handling_seconds",
    rpc,
    [.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10],
    "How long calls took, streams until their end.",
  ),
  audit: counter(
    "maglev_audit_total",
    ["method", "result"],
    "Calls for a change, and others that were refused; result is OK, or the code of the status.",
  ),
} satisfies Record<string, Family>;

/** maglevd itself. */
export const daemonFamilies = {
  buildInfo: gauge(
    "maglev_build_info",
    ["version", "commit", "date"],
    "The running maglevd; always 1.",
  ),
  reloads: counter(
    "maglev_config_reloads_total",
    ["result"],
    "Requests to reload the configuration; result is success or failure.",
  ),
  reloadOk: gauge(
    "maglev_config_last_reload_successful",
    [],
    "1 if the last request to load the configuration was successful, else 0.",
  ),
  reloadTime: gauge(
    "maglev_config_last_reload_success_timestamp_seconds",
    [],
    "Unix time at which the configuration in force was loaded.",
  ),
  certificateExpiry: gauge(
    "maglev_tls_certificate_expiry_seconds",
    ["use"],
    "Unix time at which a certificate ends that is in force for TLS: use is server, of --tls-cert, " +
      "or client_ca, the first to end of --tls-client-ca.",
  ),
  logDropped: counter(
    "maglev_log_dropped_total",
    [],
    "Log records lost because standard output was not read in time or could not be written.",
  ),
  unhandled: counter(
    "maglev_unhandled_errors_total",
    [],
    "Errors that no part of maglevd expected; each is in the log with its stack.",
  ),
  taskFailures: counter(
    "maglev_task_failures_total",
    ["task"],
    "Failures of long-running work, which is started again each time.",
  ),
  connections: gauge(
    "maglev_connections",
    ["server"],
    "Connections open now; server is grpc or metrics.",
  ),
  connectionsTotal: counter(
    "maglev_connections_total",
    ["server", "result"],
    "Connections by what became of them: accepted, refused for a limit, displaced by others, or " +
      "failed before they were accepted.",
  ),
  connectionDelays: counter(
    "maglev_connection_delays_total",
    ["server", "clients"],
    "Pieces of what clients said or were sent that waited for a later turn of the event loop, of " +
      "which strangers and this machine's own clients have a few milliseconds each.",
  ),
  budgetUsed: gauge(
    "maglev_budget_used",
    ["budget"],
    "How much of a budget clients use now, in its unit.",
  ),
  budgetLimit: gauge(
    "maglev_budget_limit",
    ["budget"],
    "How much of a budget there is; the table of budgets below has units and reasons.",
  ),
  budgetRefused: counter(
    "maglev_budget_refused_total",
    ["budget"],
    "Requests, connections or streams refused or cut off because a budget was used up.",
  ),
  loopLag: histogram(
    "maglev_event_loop_lag_seconds",
    [],
    [.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1],
    "How late a timer ran that is due once a second: what anything else waits for its turn.",
  ),
} satisfies Record<string, Family>;

/** The process, with the names that all Prometheus clients use. */
export const processFamilies = {
  cpu: counter("process_cpu_seconds_total", [], "User and system CPU time spent."),
  startTime: gauge("process_start_time_seconds", [], "Unix time at which the process started."),
  resident: gauge("process_resident_memory_bytes", [], "Resident memory."),
  virtual: gauge("process_virtual_memory_bytes", [], "Virtual memory."),
  openFds: gauge("process_open_fds", [], "Open file descriptors."),
  maxFds: gauge("process_max_fds", [], "The limit of open file descriptors."),
} satisfies Record<string, Family>;

/** All families in the order of /metrics and docs/metrics.md, with a title for the latter. */
export const sections: readonly { title: string; families: readonly Family[] }[] = [
  { title: "Backends and frontends", families: Object.values(healthFamilies) },
  { title: "Probes", families: Object.values(probeFamilies) },
  { title: "VPP", families: Object.values(vppFamilies) },
  { title: "gRPC", families: Object.values(rpcFamilies) },
  { title: "The daemon", families: Object.values(daemonFamilies) },
  { title: "The process", families: Object.values(processFamilies) },
];
