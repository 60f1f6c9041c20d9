import { createApp } from "../app.ts";
import { serve } from "../serve.ts";
import { until } from "../../shared/testing/until.ts";
import { openTestApp, testToken } from "./test-app.ts";
import { openSocket, type TestSocket } from "./ws-client.ts";

type Json = Record<string, unknown>;

/** A frame as a client reads it. */
export interface TestFrame {
  readonly hd: Json & { event: string; role: string; id?: string };
  readonly bd: Json;
}

export interface Person extends TestSocket {
  frames(): TestFrame[];
  /** Frames of one event. */
  of(event: string): TestFrame[];
  /** Says something in the room. */
  say(text: string, role?: string, more?: Json): void;
  /** The code of the first error, once there is one. */
  error(): Promise<unknown>;
  code(): Promise<number>;
}

/** A gateway that serves, as one process would. */
export function openTestGateway(
  stores: Parameters<typeof openTestApp>[0],
  own = openTestApp(stores),
) {
  const server = serve(createApp(own.deps), { port: 0, host: "127.0.0.1" });
  const people: Person[] = [];
  const enter = async (
    sid: string,
    options: { query?: string; user?: string; jti?: string; path?: string } = {},
  ): Promise<Person> => {
    const path = options.path ?? `/v1/session/chat?sid=${sid}`;
    const claims = options.jti === undefined ? {} : { jti: options.jti };
    const url = `ws://127.0.0.1:${server.port}${path}${options.query ?? ""}`;
    const protocols = options.user ? ["bearer", await testToken(options.user, claims)] : [];
    const socket = await openSocket(url, { protocols });
    const frames = () => socket.texts.map((text) => JSON.parse(text) as TestFrame);
    const of = (event: string) => frames().filter(({ hd }) => hd.event === event);
    const person: Person = {
      ...socket,
      frames,
      of,
      say: (text, role, more = {}) =>
        socket.send({
          hd: { event: "chat.message", ...(role ? { role } : {}) },
          bd: { text, ...more },
        }),
      error: async () => (await until(() => of("error")[0])).bd["code"],
      code: async () => (await until(() => socket.closed())).code,
    };
    people.push(person);
    return person;
  };
  return {
    ...own,
    port: server.port,
    url: `http://127.0.0.1:${server.port}`,
    enter,
    /** Ends what people left open. */
    async leaveAll() {
      for (const person of people.splice(0)) person.raw.terminate();
      await until(() => own.deps.sockets.size === 0);
      await until(() => own.deps.rooms.hub.size === 0);
    },
    async close() {
      await server.drain(100);
      await own.close();
    },
  };
}
