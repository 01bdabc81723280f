/** The requests of VPP's API that lib/gen/vpp.ts has, each with its answer. */

/** Requests by name, each with what VPP's own comment on it does not tell; often nothing. */
type Requests = Readonly<Record<string, string>>;

/** What the control plane cannot work without: a VPP that lacks one is refused by its name. */
export const needed: Requests = {
  sockclnt_delete: "Says good-bye: VPP answers with response 1 and closes.",
  control_ping: "Also ends every dump.",
  show_version: "",
  cli_inband: "One command of the CLI and its output.",
  ip_route_lookup: "With `exact` 1: -6 when there is no such route. `stats_index` counts it.",
  lb_conf: "0xffffffff keeps the buckets or the timeout.",
  lb_conf_get: "Addresses never set read back as all ones.",
  lb_add_del_vip_v2: "Port 0 is all ports, and protocol 255 with it.",
  lb_add_del_as_v2:
    "An existing server is refused whatever its weight; a deletion ignores the weight.",
  lb_as_set_weight: "Rebuilds the VIP's table, so it is worth sending only for a change.",
  lb_vip_dump: "VPP ignores the filter. The length is a u16 of a larger number, the port is " +
    "byte-swapped, and the DSCP that of a VIP that was there before unless the encap needs one.",
  lb_as_v2_dump: "An IPv4 filter never matches, so everything is asked for: an all-zero prefix.",
};

/** What only the handshake, the simulated VPP and recordings of a real one need. */
export const known: Requests = {
  sockclnt_create: "The first message on a socket, whose id is 15 in every VPP, its reply's 16.",
  api_versions: "",
  ip_route_lookup_v2: "Tells also who made the route.",
  lb_add_del_vip: "Of a VPP before weights.",
  lb_add_del_as: "Of a VPP before weights.",
  lb_as_dump: "Of a VPP before weights.",
  lb_flush_vip: "Moves every flow of a VIP. On one that is not there VPP uses an uninitialised " +
    "index: never to be sent.",
};
