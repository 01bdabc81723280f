"""An HTTP/2 client that does exactly what it is told: Debian's python3-h2, driven over stdin.

Each line in is a JSON command {"do": name, ...}, each line out its JSON answer. The argument is
the server's address.
"""

import json
import socket
import struct
import sys

import h2.config
import h2.connection
import h2.events
import h2.settings

host, port = sys.argv[1].rsplit(":", 1)
state = {"data": {}, "headers": {}, "trailers": {}, "ended": set(), "pings": 0, "acks": 0}


def do_connect(window=65535):
    state["socket"] = socket.create_connection((host, int(port)), timeout=120)
    config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8")
    connection = h2.connection.H2Connection(config=config)
    values = {h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window}
    connection.local_settings = h2.settings.Settings(client=True, initial_values=values)
    connection.initiate_connection()
    state["connection"] = connection
    flush()
    return {}


def flush():
    state["socket"].sendall(state["connection"].data_to_send())


def pump():
    """Takes in what the server sends next."""
    data = state["socket"].recv(65536)
    if not data:
        raise EOFError("the server has closed the connection")
    for event in state["connection"].receive_data(data):
        if isinstance(event, h2.events.DataReceived):
            state["data"][event.stream_id] = state["data"].get(event.stream_id, b"") + event.data
        elif isinstance(event, h2.events.ResponseReceived):
            state["headers"][event.stream_id] = dict(event.headers)
        elif isinstance(event, h2.events.TrailersReceived):
            state["trailers"][event.stream_id] = dict(event.headers)
        elif isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)):
            state["ended"].add(event.stream_id)
        elif isinstance(event, h2.events.PingReceived):
            state["pings"] += 1
        elif isinstance(event, h2.events.PingAckReceived):
            state["acks"] += 1
    flush()


def do_call(method, message="", content_type="application/grpc"):
    """Starts an RPC with one request message, given in hexadecimal."""
    connection = state["connection"]
    stream = connection.get_next_available_stream_id()
    connection.send_headers(
        stream,
        [
            (":method", "POST"),
            (":scheme", "http"),
            (":authority", "localhost"),
            (":path", f"/maglev.Maglev/{method}"),
            ("content-type", content_type),
            ("te", "trailers"),
        ],
    )
    payload = bytes.fromhex(message)
    connection.send_data(stream, struct.pack(">BI", 0, len(payload)) + payload, end_stream=True)
    flush()
    return {"stream": stream}


def do_headers(stream):
    """Waits for a response's header."""
    while stream not in state["headers"]:
        pump()
    return state["headers"][stream]


def do_finish(stream):
    """Reads a response to its end."""
    while stream not in state["ended"]:
        pump()
    return {
        "bytes": len(state["data"].get(stream, b"")),
        "trailers": state["trailers"].get(stream) or state["headers"].get(stream),
    }


def do_messages(stream, count):
    """Waits until a stream has brought `count` messages."""
    while True:
        data, seen = state["data"].get(stream, b""), 0
        while len(data) >= 5 and len(data) >= 5 + struct.unpack(">I", data[1:5])[0]:
            data = data[5 + struct.unpack(">I", data[1:5])[0] :]
            seen += 1
        if seen >= count:
            return {"messages": seen}
        pump()


def do_open_window(stream, increment):
    state["connection"].increment_flow_control_window(increment, stream)
    flush()
    return {}


def do_await_ping(count):
    """Waits for the server's pings, which are acknowledged."""
    while state["pings"] < count:
        pump()
    return {"pings": state["pings"]}


def do_ping():
    """Pings the server: when this returns, it has seen all that was sent before."""
    before = state["acks"]
    state["connection"].ping(b"maglevd?")
    flush()
    while state["acks"] == before:
        pump()
    return {}


def do_cancel(stream):
    state["connection"].reset_stream(stream, 8)
    flush()
    return {}


def do_vanish():
    """Ends the connection with a RST of TCP, as a client does that is killed."""
    linger = struct.pack("ii", 1, 0)
    state["socket"].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    state["socket"].close()
    return {}


for line in sys.stdin:
    command = json.loads(line)
    name = command.pop("do")
    try:
        answer = globals()[f"do_{name}"](**command)
    except Exception as error:  # pylint: disable=broad-except
        answer = {"exception": repr(error)}
    print(json.dumps(answer), flush=True)
