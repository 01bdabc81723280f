// Calls an RPC, or opens streams, with grpc-js. MESSAGE is the request, encoded, in hexadecimal.
//
//   grpc_js_client.mjs ADDRESS PATH MESSAGE calls CONCURRENCY SECONDS   prints {rate, p50, p99}, ms
//   grpc_js_client.mjs ADDRESS PATH MESSAGE streams COUNT   prints "open" when all have a header,
//                                                           then messages a second, every second

import grpc from "@grpc/grpc-js";

const [address, path, message, what, count, seconds] = process.argv.slice(2);
const client = new grpc.Client(address, grpc.credentials.createInsecure());
const request = Buffer.from(message, "hex");
const same = (bytes) => bytes;

function check() {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      "/grpc.health.v1.Health/Check",
      same,
      same,
      request,
      (error, answer) => {
        return error ? reject(error) : resolve(answer);
      },
    );
  });
}

let messages = 0;

function watch() {
  const stream = client.makeServerStreamRequest(path, same, same, request);
  return new Promise((resolve, reject) => {
    stream.on("metadata", resolve);
    stream.on("data", () => messages++);
    stream.on("error", reject);
  });
}

/** Milliseconds of each call in a loop until `end`. */
async function callUntil(end, times) {
  for (let start = performance.now(); start < end;) {
    await check();
    const now = performance.now();
    times.push(now - start);
    start = now;
  }
}

async function run(length) {
  const times = [];
  const end = performance.now() + length * 1000;
  await Promise.all(Array.from({ length: Number(count) }, () => callUntil(end, times)));
  return times.sort((a, b) => a - b);
}

if (what === "calls") {
  await run(1);
  const times = await run(Number(seconds));
  const at = (share) => times[Math.floor(times.length * share)];
  console.log(JSON.stringify({ rate: times.length / seconds, p50: at(0.5), p99: at(0.99) }));
  process.exit(0);
}
await Promise.all(Array.from({ length: Number(count) }, watch));
console.log("open");
setInterval(() => {
  console.log(messages);
  messages = 0;
}, 1000);
