// A relay of TCP in front of a scheduler, so that a client keeps its address while the scheduler is killed and started again,
// and so that an answer can get lost.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Passes bytes on to `port`, which may change. */
export class Relay {
  port = 0;
  address = "";
  /** Answers that were taken from the scheduler and not passed on. */
  lost = 0;
  /** Connections that found nobody. */
  refused = 0;
  #dropping = false; // the answer to the next request
  readonly #open = new Set<Socket>();
  readonly #server = createServer((client) => this.#join(client));

  async listen(port: number): Promise<void> {
    this.port = port;
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    this.address = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The answer to the next request is not passed on; the client's connection is closed instead. */
  dropAnswer(): void {
    this.#dropping = true;
  }

  /** Breaks all connections that are open. */
  cut(): void {
    for (const one of this.#open) one.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #join(client: Socket): void {
    const server = connect(this.port, "127.0.0.1");
    let reached = false;
    server.on("connect", () => (reached = true));
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#open.add(one);
      one.on("error", () => undefined);
      one.on("close", () => {
        this.#open.delete(one);
        other.destroy();
        if (one === server && !reached) this.refused++;
      });
    }
    let dropping = false;
    client.on("data", (part) => {
      dropping ||= this.#dropping;
      this.#dropping = false;
      server.write(part);
    });
    server.on("data", (part) => {
      if (!dropping) return void client.write(part);
      this.lost++;
      server.destroy();
    });
  }
}

/** A port at which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
