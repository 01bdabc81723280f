import { EncodeError } from "../binapi/mod.ts";

/** What VPP or the way to it brings about: any other error is a mistake of this program. */
export class VppError extends Error {}

/** VPP answered, and refused. */
export class RetvalError extends VppError {
  override readonly name = "RetvalError";

  constructor(readonly api: string, readonly retval: number) {
    super(`VPP refused ${api}: ${formatRetval(retval)}`);
  }
}

/** No answer within the time allowed. */
export class TimeoutError extends VppError {
  override readonly name = "TimeoutError";

  constructor(readonly api: string, ms: number) {
    super(`VPP did not answer ${api} within ${ms} ms`);
  }
}

/** The connection is gone, or its bytes make no sense any more. */
export class ConnectionError extends VppError {
  override readonly name = "ConnectionError";
}

/** The VPP at the other end lacks messages, or has them with another layout. */
export class IncompatibleError extends VppError {
  override readonly name = "IncompatibleError";
}

/** Whether a request was refused, by VPP or on the way to it: the connection goes on. */
export function isRefusal(error: unknown): error is RetvalError | EncodeError {
  return error instanceof RetvalError || error instanceof EncodeError;
}

/**
 * VPP's return codes and their symbolic names: the table foreach_vnet_error of
 * src/vnet/error.h. Codes run downwards from the first of each stretch; the gaps are VPP's.
 */
const stretches: readonly (readonly [first: number, names: string])[] = [
  [
    -1,
    `UNSPECIFIED INVALID_SW_IF_INDEX NO_SUCH_FIB NO_SUCH_INNER_FIB NO_SUCH_LABEL NO_SUCH_ENTRY
    INVALID_VALUE INVALID_VALUE_2 UNIMPLEMENTED INVALID_SW_IF_INDEX_2 SYSCALL_ERROR_1
    SYSCALL_ERROR_2 SYSCALL_ERROR_3 SYSCALL_ERROR_4 SYSCALL_ERROR_5 SYSCALL_ERROR_6
    SYSCALL_ERROR_7 SYSCALL_ERROR_8 SYSCALL_ERROR_9 SYSCALL_ERROR_10`,
  ],
  [-30, "FEATURE_DISABLED INVALID_REGISTRATION"],
  [
    -50,
    `NEXT_HOP_NOT_IN_FIB UNKNOWN_DESTINATION NO_PATHS_IN_ROUTE NEXT_HOP_NOT_FOUND_MP
    NO_MATCHING_INTERFACE INVALID_VLAN VLAN_ALREADY_EXISTS INVALID_SRC_ADDRESS INVALID_DST_ADDRESS
    ADDRESS_LENGTH_MISMATCH ADDRESS_NOT_FOUND_FOR_INTERFACE ADDRESS_NOT_DELETABLE IP6_NOT_ENABLED
    NO_SUCH_NODE NO_SUCH_NODE2 NO_SUCH_TABLE NO_SUCH_TABLE2 NO_SUCH_TABLE3 SUBIF_ALREADY_EXISTS
    SUBIF_CREATE_FAILED INVALID_MEMORY_SIZE INVALID_INTERFACE INVALID_VLAN_TAG_COUNT
    INVALID_ARGUMENT UNEXPECTED_INTF_STATE TUNNEL_EXIST INVALID_DECAP_NEXT RESPONSE_NOT_READY
    NOT_CONNECTED IF_ALREADY_EXISTS BOND_SLAVE_NOT_ALLOWED VALUE_EXIST SAME_SRC_DST
    IP6_MULTICAST_ADDRESS_NOT_PRESENT SR_POLICY_NAME_NOT_PRESENT NOT_RUNNING_AS_ROOT
    ALREADY_CONNECTED UNSUPPORTED_JNI_VERSION IP_PREFIX_INVALID INVALID_WORKER LISP_DISABLED
    CLASSIFY_TABLE_NOT_FOUND INVALID_EID_TYPE CANNOT_CREATE_PCAP_FILE INCORRECT_ADJACENCY_TYPE
    EXCEEDED_NUMBER_OF_RANGES_CAPACITY EXCEEDED_NUMBER_OF_PORTS_CAPACITY INVALID_ADDRESS_FAMILY
    INVALID_SUB_SW_IF_INDEX TABLE_TOO_BIG CANNOT_ENABLE_DISABLE_FEATURE BFD_EEXIST BFD_ENOENT
    BFD_EINUSE BFD_NOTSUPP ADDRESS_IN_USE ADDRESS_NOT_IN_USE QUEUE_FULL APP_UNSUPPORTED_CFG
    URI_FIFO_CREATE_FAILED LISP_RLOC_LOCAL BFD_EAGAIN INVALID_GPE_MODE LISP_GPE_ENTRIES_PRESENT
    ADDRESS_FOUND_FOR_INTERFACE SESSION_CONNECT ENTRY_ALREADY_EXISTS SVM_SEGMENT_CREATE_FAIL
    APPLICATION_NOT_ATTACHED BD_ALREADY_EXISTS BD_IN_USE BD_NOT_MODIFIABLE BD_ID_EXCEED_MAX
    SUBIF_DOESNT_EXIST L2_MACS_EVENT_CLINET_PRESENT INVALID_QUEUE UNSUPPORTED DUPLICATE_IF_ADDRESS
    APP_INVALID_NS APP_WRONG_NS_SECRET APP_CONNECT_SCOPE APP_ALREADY_ATTACHED SESSION_REDIRECT
    ILLEGAL_NAME NO_NAME_SERVERS NAME_SERVER_NOT_FOUND NAME_RESOLUTION_NOT_ENABLED
    NAME_SERVER_FORMAT_ERROR NAME_SERVER_NO_SUCH_NAME NAME_SERVER_NO_ADDRESSES
    NAME_SERVER_NEXT_SERVER APP_CONNECT_FILTERED ACL_IN_USE_INBOUND ACL_IN_USE_OUTBOUND
    INIT_FAILED NETLINK_ERROR BIER_BSL_UNSUP INSTANCE_IN_USE INVALID_SESSION_ID
    ACL_IN_USE_BY_LOOKUP_CONTEXT INVALID_VALUE_3 NON_ETHERNET BD_ALREADY_HAS_BVI INVALID_PROTOCOL
    INVALID_ALGORITHM RSRC_IN_USE KEY_LENGTH FIB_PATH_UNSUPPORTED_NH_PROTO`,
  ],
  [
    -159,
    `API_ENDIAN_FAILED NO_CHANGE MISSING_CERT_KEY LIMIT_EXCEEDED IKE_NO_PORT UDP_PORT_TAKEN EAGAIN
    INVALID_VALUE_4 BUSY BUG FEATURE_ALREADY_DISABLED FEATURE_ALREADY_ENABLED TIMEOUT`,
  ],
];

const names = new Map(
  stretches.flatMap(([first, text]) =>
    text.split(/\s+/).map((name, i): [number, string] => [first - i, name])
  ),
);

/** `-81 (VALUE_EXIST)`. */
export function formatRetval(retval: number): string {
  return `${retval} (${names.get(retval) ?? "a code without a name"})`;
}
