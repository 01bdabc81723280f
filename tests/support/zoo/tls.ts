import { type Animal, bytesOf, type Cage, noise, repeated } from "./animal.ts";

const changeCipherSpec = 20;
const alert = 21;
const handshake = 22;

/** A TLS record (RFC 8446 section 5.1). */
function record(type: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = payload;
  return Uint8Array.from([type, 3, 3, length >> 8, length & 255, ...payload]);
}

/** What a ServerHello that never ends begins with: its type, and 64 KiB but for a byte. */
const helloOfAll = Uint8Array.of(2, 0, 0xff, 0xff);

function flooding(first: Uint8Array, piece: Uint8Array) {
  return async (cage: Cage) => {
    await cage.request();
    await cage.flood(first, piece);
  };
}

/** Servers that fail in the handshake. */
const handshakes: readonly Animal[] = [
  {
    name: "TLS: silence",
    look: "tls",
    expected: /^L6TOUT TLS handshake not finished within/,
    serve: () => {},
  },
  {
    name: "TLS: a message in records without end",
    look: "tls",
    expected: /^L6RSP /,
    serve: flooding(record(handshake, helloOfAll), record(handshake, new Uint8Array(16_384))),
  },
  {
    name: "TLS: a message in records of one byte",
    look: "tls",
    expected: /^L6RSP /,
    serve: flooding(record(handshake, helloOfAll), record(handshake, Uint8Array.of(3))),
  },
  {
    name: "TLS: hello requests without end",
    look: "https",
    expected: /^L6RSP /,
    serve: flooding(new Uint8Array(), record(handshake, new Uint8Array(4))),
  },
  {
    name: "TLS: empty records without end",
    look: "tls",
    expected: /^L6RSP /,
    serve: flooding(new Uint8Array(), record(handshake, new Uint8Array())),
  },
  {
    name: "TLS: changes of cipher without end",
    look: "tls",
    expected: /^L6RSP /,
    serve: flooding(new Uint8Array(), record(changeCipherSpec, Uint8Array.of(1))),
  },
  {
    name: "TLS: warnings without end",
    look: "tls",
    expected: /^L6RSP /,
    serve: flooding(new Uint8Array(), record(alert, Uint8Array.of(1, 90))),
  },
  {
    name: "TLS: a record now and then",
    look: "tls",
    expected: /^L6TOUT /,
    serve: async (cage) => {
      await cage.request();
      await cage.drip(repeated(record(handshake, helloOfAll), 10));
    },
  },
  {
    name: "TLS: a refusal",
    look: "tls",
    expected: /^L6RSP the server refused: handshake failure \(alert 40\)$/,
    serve: async (cage) => {
      await cage.request();
      cage.socket.end(record(alert, Uint8Array.of(2, 40)));
    },
  },
  {
    name: "TLS: a refusal and a reset",
    look: "https",
    expected: /^L6RSP the server refused: protocol version \(alert 70\)$/,
    serve: async (cage) => {
      await cage.request();
      // The client is still there when the reset comes, whichever of them it reads first.
      cage.socket.write(record(alert, Uint8Array.of(2, 70)), () => cage.reset());
    },
  },
  {
    name: "TLS: a goodbye",
    look: "tls",
    expected: /^L6RSP connection closed in the handshake$/,
    serve: async (cage) => {
      await cage.request();
      cage.socket.end(record(alert, Uint8Array.of(1, 0)));
    },
  },
  {
    name: "TLS: a close",
    look: "tls",
    expected: /^L6RSP connection closed in the handshake$/,
    serve: async (cage) => {
      await cage.request();
      cage.socket.end();
    },
  },
  {
    name: "TLS: a reset",
    look: "tls",
    expected: /^L6RSP connection reset by peer$/,
    serve: async (cage) => {
      await cage.request();
      cage.reset();
    },
  },
  {
    name: "TLS: HTTP in the clear",
    look: "https",
    expected: /^L6RSP the server does not speak TLS$/,
    serve: async (cage) => {
      await cage.request();
      await cage.flood("HTTP/1.1 400 Bad Request\r\n\r\n", "x".repeat(1000));
    },
  },
  {
    name: "TLS: noise",
    look: "tls",
    expected: /^L6RSP /,
    serve: flooding(new Uint8Array(), noise(65_536)),
  },
];

/** Servers whose handshake is all right. */
const sessions: readonly Animal[] = [
  {
    name: "https: silence",
    look: "https",
    expected: /^L7TOUT no response/,
    speaksTls: true,
    serve: () => {},
  },
  {
    name: "https: headers without end",
    look: "https",
    expected: /^L7RSP headers over 32768 bytes$/,
    speaksTls: true,
    serve: flooding(bytesOf("HTTP/1.1 200 OK\r\n"), bytesOf("X: y\r\n")),
  },
  {
    name: "https: an endless body",
    look: "https body",
    expected: /^L7RSP regexp not found in 65536 bytes of body$/,
    speaksTls: true,
    serve: flooding(bytesOf("HTTP/1.1 200 OK\r\n\r\n"), bytesOf("ab".repeat(500))),
  },
  {
    name: "https: chunks that are all extension",
    look: "https body",
    expected: /^L7RSP framing of chunks over 327680 bytes$/,
    speaksTls: true,
    serve: flooding(
      bytesOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
      bytesOf(`1;${"x".repeat(8000)}\r\ny\r\n`),
    ),
  },
  {
    // How many bytes a record has is up to how the server's writes fall together.
    name: "https: records of a byte or few",
    look: "https body",
    expected:
      /^L7RSP (response over 1048576 bytes of TLS|regexp not found in 65536 bytes of body)$/,
    speaksTls: true,
    serve: async (cage) => {
      await cage.request();
      await cage.send("HTTP/1.1 200 OK\r\n\r\n");
      for (let count = 1; !cage.gone; count++) {
        await cage.send("x");
        if (count % 1000 === 0) await new Promise((resolve) => setTimeout(resolve));
      }
    },
  },
  {
    name: "https: a body now and then",
    look: "https body",
    expected: /^L7TOUT body not complete/,
    speaksTls: true,
    serve: async (cage) => {
      await cage.request();
      await cage.send("HTTP/1.1 200 OK\r\n\r\n");
      await cage.drip("x".repeat(1000));
    },
  },
  {
    name: "https: a close for an answer",
    look: "https",
    expected: /^L7RSP connection closed before a response$/,
    speaksTls: true,
    serve: async (cage) => {
      await cage.request();
      cage.socket.end();
    },
  },
];

/** Servers that are asked over TLS. */
export const tlsAnimals: readonly Animal[] = [...handshakes, ...sessions];
