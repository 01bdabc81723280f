import { type Animal, type Cage, noise } from "./animal.ts";

const ok = "HTTP/1.1 200 OK\r\n";
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;

/** After the request, `answer` without end. */
function flooding(first: string | Uint8Array, piece: string | Uint8Array) {
  return async (cage: Cage) => {
    await cage.request();
    await cage.flood(first, piece);
  };
}

/** After the request, `answer` and silence. */
function saying(answer: string | Uint8Array) {
  return async (cage: Cage) => {
    await cage.request();
    await cage.send(answer);
  };
}

/** After the request, `answer` and a reset. */
function resetting(answer: string) {
  return async (cage: Cage) => {
    await cage.request();
    if (answer !== "") await cage.send(answer);
    cage.reset();
  };
}

/** Too much of something, and what it is. */
const floods: readonly Animal[] = [
  {
    name: "headers without end",
    look: "http",
    expected: /^L7RSP headers over 32768 bytes$/,
    serve: flooding(ok, `X-More: ${"y".repeat(1000)}\r\n`),
  },
  {
    name: "empty headers without end",
    look: "http",
    expected: /^L7RSP headers over 32768 bytes$/,
    serve: flooding(ok, "x:\n"),
  },
  {
    name: "a header line without end",
    look: "http",
    expected: /^L7RSP line over 8192 bytes$/,
    serve: flooding(`${ok}X: `, "y".repeat(1000)),
  },
  {
    name: "a status line of 4 MiB",
    look: "http",
    expected: /^L7RSP line over 8192 bytes$/,
    serve: saying(`HTTP/1.1 200 ${"x".repeat(4_194_304)}\r\n\r\n`),
  },
  {
    name: "100 Continue without end",
    look: "http",
    expected: /^L7RSP headers over 32768 bytes$/,
    serve: flooding("", "HTTP/1.1 100 Continue\r\n\r\n"),
  },
  {
    name: "interim responses without end",
    look: "http body",
    expected: /^L7RSP headers over 32768 bytes$/,
    serve: flooding("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nContent-Length: 5\r\n\r\n"),
  },
  {
    name: "a good answer, and noise without end",
    look: "http",
    expected: /^L7OK status 200$/,
    serve: flooding(`${ok}\r\n`, noise(4096)),
  },
  {
    name: "an endless body",
    look: "http body",
    expected: /^L7RSP regexp not found in 65536 bytes of body$/,
    serve: flooding(`${ok}\r\n`, "ab".repeat(500)),
  },
  {
    name: "a body of petabytes",
    look: "http body",
    expected: /^L7RSP regexp not found in 65536 bytes of body$/,
    serve: flooding(`${ok}Content-Length: 9007199254740991\r\n\r\n`, "ab".repeat(500)),
  },
  {
    name: "chunks without end",
    look: "http body",
    expected: /^L7RSP regexp not found in 65536 bytes of body$/,
    serve: flooding(chunked, `800\r\n${"ab".repeat(1024)}\r\n`),
  },
  {
    name: "chunks of one byte",
    look: "http body",
    expected: /^L7RSP regexp not found in 65536 bytes of body$/,
    serve: flooding(chunked, "1\r\na\r\n"),
  },
  {
    name: "chunks that are all extension",
    look: "http body",
    expected: /^L7RSP framing of chunks over 327680 bytes$/,
    serve: flooding(chunked, `1;${"x".repeat(8000)}\r\ny\r\n`),
  },
  {
    name: "a chunk's size without end",
    look: "http body",
    expected: /^L7RSP line over 8192 bytes$/,
    serve: flooding(chunked, "0"),
  },
  {
    name: "trailers without end",
    look: "http body",
    expected: /^L7RSP regexp not found in 1 bytes of body$/,
    serve: flooding(`${chunked}1\r\na\r\n0\r\n`, "X: y\r\n"),
  },
];

/** Nonsense. */
const nonsense: readonly Animal[] = [
  {
    name: "noise",
    look: "http",
    expected: /^L7RSP not an HTTP\/1 response$/,
    serve: flooding("", noise(65_536)),
  },
  {
    name: "a banner, and noise",
    look: "http",
    expected: /^L7RSP not an HTTP\/1 response$/,
    serve: (cage) => cage.flood("220 mail.example ESMTP\r\n", noise(65_536)),
  },
  {
    name: "noise for headers",
    look: "http",
    expected: /^L7RSP (malformed header|line over)/,
    serve: flooding(ok, noise(65_536)),
  },
  {
    name: "a length that is none",
    look: "http body",
    expected: /^L7RSP invalid content-length$/,
    serve: saying(`${ok}Content-Length: 9999999999999999999999\r\n\r\n`),
  },
  {
    name: "a chunk of more than there is",
    look: "http body",
    expected: /^L7RSP malformed chunk$/,
    serve: saying(`${chunked}${"f".repeat(100)}\r\n`),
  },
  {
    name: "another place to ask",
    look: "http",
    expected: /^L7STS status 302$/,
    serve: saying("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"),
  },
];

/** Nothing, or too little of it. */
const silences: readonly Animal[] = [
  { name: "silence", look: "http", expected: /^L7TOUT no response/, serve: () => {} },
  {
    name: "a byte now and then",
    look: "http",
    expected: /^L7TOUT no response/,
    serve: async (cage) => {
      await cage.request();
      await cage.drip(ok.repeat(100));
    },
  },
  {
    name: "half a head",
    look: "http",
    expected: /^L7TOUT no response/,
    serve: saying(ok),
  },
  {
    name: "half a body",
    look: "http body",
    expected: /^L7TOUT body not complete/,
    serve: saying(`${ok}Content-Length: 100\r\n\r\nhalf`),
  },
  {
    name: "a body now and then",
    look: "http body",
    expected: /^L7TOUT body not complete/,
    serve: async (cage) => {
      await cage.request();
      await cage.send(`${ok}\r\n`);
      await cage.drip("x".repeat(1000));
    },
  },
];

/** Ends that come too early. */
const ends: readonly Animal[] = [
  {
    name: "a close at once",
    look: "http",
    expected: /^L7RSP connection (closed before a response|reset by peer)$/,
    serve: (cage) => void cage.socket.end(),
  },
  {
    name: "half a close",
    look: "http",
    expected: /^L7RSP connection closed before a response$/,
    serve: async (cage) => {
      await cage.request();
      cage.socket.end();
    },
  },
  {
    name: "a reset at once",
    look: "http",
    expected: /^L7RSP connection reset by peer$/,
    serve: (cage) => cage.reset(),
  },
  {
    name: "a reset for an answer",
    look: "http",
    expected: /^L7RSP connection reset by peer$/,
    serve: resetting(""),
  },
  {
    name: "a close within the headers",
    look: "http",
    expected: /^L7RSP connection closed within the headers$/,
    serve: async (cage) => {
      await cage.request();
      cage.socket.end(ok);
    },
  },
  {
    name: "a reset within the headers",
    look: "http",
    expected: /^L7RSP connection reset by peer$/,
    serve: resetting(ok),
  },
  {
    name: "a reset within the body",
    look: "http body",
    expected: /^L7RSP connection reset by peer$/,
    serve: resetting(`${ok}Content-Length: 100\r\n\r\nhalf`),
  },
];

/** Servers that are asked by http. */
export const httpAnimals: readonly Animal[] = [...floods, ...nonsense, ...silences, ...ends];
