import { Lines } from "./process.ts";

const workerPattern = /start worker process (\d+)/;

/** A real nginx. */
export interface Nginx extends AsyncDisposable {
  /** Sends a signal to the master and its worker. */
  signal(signal: Deno.Signal): void;
}

/** Starts nginx listening on each `address:port`, in a network namespace unless that is empty. */
export function startNginx(listen: readonly string[], netns = ""): Promise<Nginx> {
  const lines = listen.map((address) => `    listen ${address};`).join("\n");
  return startNginxAs(`server {\n${lines}\n    location / { return 200 "well\\n"; }\n  }`, netns);
}

/** The same with a server as nginx's configuration has it. */
export async function startNginxAs(server: string, netns = ""): Promise<Nginx> {
  const folder = await Deno.makeTempDir({ prefix: "nginx-" });
  await Deno.writeTextFile(`${folder}/nginx.conf`, configuration(folder, server));
  const nginx = ["/usr/sbin/nginx", "-e", "stderr", "-p", folder, "-c", `${folder}/nginx.conf`];
  const [program = "", ...args] = netns === "" ? nginx : ["ip", "netns", "exec", netns, ...nginx];
  const child = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const errors = new Lines(child.stderr);
  // The worker starts after the sockets are listened on.
  const started = await errors.find("nginx worker", (line) => workerPattern.test(line));
  const worker = Number(started.match(workerPattern)?.[1]);
  const signal = (signal: Deno.Signal) => {
    for (const pid of [child.pid, worker]) Deno.kill(pid, signal);
  };
  return {
    signal,
    async [Symbol.asyncDispose]() {
      try {
        signal("SIGKILL");
      } catch {
        // The test has killed it already.
      }
      await child.status;
      await errors.ended;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function configuration(folder: string, server: string): string {
  return `
daemon off;
master_process on;
worker_processes 1;
user root;
pid ${folder}/pid;
error_log stderr notice;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${folder};
  proxy_temp_path ${folder};
  fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder};
  scgi_temp_path ${folder};
  ${server}
}
`;
}
