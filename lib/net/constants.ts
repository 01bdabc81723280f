/** Linux numbers used with sockets and epoll, the same on x86-64 and arm64. */

export const AF_UNIX = 1;
export const AF_INET = 2;

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_SEQPACKET = 5;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

export const SOL_IP = 0;
export const SOL_SOCKET = 1;
export const SOL_TCP = 6;
export const SOL_RAW = 255;

export const SO_ERROR = 4;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_LINGER = 13;
export const SO_PEERCRED = 17;
export const SO_ATTACH_FILTER = 26;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const SO_TIMESTAMPNS = 35;
export const SO_PEERGROUPS = 59;
export const IP_BIND_ADDRESS_NO_PORT = 24;
export const TCP_DEFER_ACCEPT = 9;
export const TCP_INFO = 11;
export const ICMP_FILTER = 1;
export const ICMP6_FILTER = 1;
export const IPPROTO_ICMP = 1;
export const IPPROTO_ICMPV6 = 58;

export const SCM_RIGHTS = 1;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
export const MSG_CMSG_CLOEXEC = 0x4000_0000;

export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
export const EPOLLIN = 0x001;
export const EPOLLOUT = 0x004;
export const EPOLLERR = 0x008;
export const EPOLLHUP = 0x010;
export const EPOLLRDHUP = 0x2000;
export const EPOLLET = 0x8000_0000;

export const EFD_CLOEXEC_NONBLOCK = 0o2004000;

export const O_CLOEXEC = 0o2000000;
export const CLONE_NEWNET = 0x4000_0000;
export const AT_FDCWD = -100;
export const PRIO_PROCESS = 0;
