import { afterAll, expect, test } from "bun:test";
import fc from "fast-check";
import { createServer } from "node:net";
import { isPublicAddress } from "../../shared/public-address.ts";
import { problemOfImageUrl } from "../../gateway/http/image-url.ts";
import { imageFetcher } from "../../worker/fetch-image.ts";
import { tinyPng } from "../fakes/fake-openai.ts";
import { address, isReallyPublic, names, spelled4, worldUrl } from "./hostile-world.ts";

const png = Buffer.from(tinyPng, "base64");
const never = new AbortController().signal;

/** What the hosts of the world say, by host and path of the request; a picture where nothing is said. */
let says = new Map<string, string>();
const internet = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request) {
    const url = new URL(request.url);
    const location = says.get(`${request.headers.get("host")} ${url.pathname}`);
    if (location === undefined) return new Response(png);
    const raw = Buffer.from(location).toString("latin1"); // as servers send what is no ASCII
    return new Response(null, { status: 302, headers: { location: raw } });
  },
});
afterAll(() => internet.stop(true));

const codes =
  /bad_url|bad_scheme|has_userinfo|bad_port|unknown_host|not_public|bad_redirect|too_many_redirects|unreachable/;

test("the guard's public addresses are the registries'", () =>
  fc.assert(
    fc.property(address, (text) => {
      expect(`${text} ${isPublicAddress(text)}`).toBe(`${text} ${isReallyPublic(text)}`);
    }),
    { numRuns: 5000 },
  ));

const turns = fc.array(fc.array(address, { minLength: 0, maxLength: 3 }), {
  minLength: 1,
  maxLength: 4,
});
const world = fc.record({
  start: worldUrl,
  /** What each name answers the first, second … time it is asked. */
  zones: fc.record(
    Object.fromEntries(names.map((name) => [new URL(`http://${name}`).hostname, turns])),
  ),
  links: fc.array(
    fc.tuple(fc.constantFrom(...names), fc.constantFrom("/a", "/b", "/c"), worldUrl),
    {
      maxLength: 8,
    },
  ),
});

test("whatever names, pages and spellings say, only public addresses of the look-up just made are connected to", async () => {
  let pictures = 0;
  await fc.assert(
    fc.asyncProperty(world, async ({ start, zones, links }) => {
      says = new Map(
        links.map(([name, path, to]) => [`${new URL(`http://${name}`).host} ${path}`, to]),
      );
      const asked: (readonly string[])[] = [];
      const dialled: string[] = [];
      const wrong: object[] = [];
      const times = new Map<string, number>();
      const fetchImage = imageFetcher({
        timeoutMs: 5000,
        resolve: async (name) => {
          const zone = zones[name];
          const isLiteral = /^[\d.]+$|:/.test(name);
          if (!zone && !isLiteral) throw new Error("NXDOMAIN");
          const time = times.get(name) ?? 0;
          times.set(name, time + 1);
          const answer = zone ? (zone[time % zone.length] ?? []) : [name];
          asked.push(answer);
          return answer;
        },
        dial: (to, port) => {
          dialled.push(to);
          const latest = asked.at(-1) ?? [];
          const isRight = port === 80 && latest.includes(to) && latest.every(isReallyPublic);
          if (!isRight) wrong.push({ to, port, latest }); // thrown here it would be an answer
          return { host: "127.0.0.1", port: internet.port ?? 0 };
        },
      });
      const result: unknown = await fetchImage(start, never).catch((cause: unknown) => cause);
      expect(wrong).toEqual([]);
      // one look-up for each connection, and one more where it was refused by what it answered
      expect(asked.length - dialled.length).toBeOneOf([0, 1]);
      expect(dialled.length).toBeLessThanOrEqual(4);
      if (result instanceof Error) {
        expect(result).toMatchObject({ name: "ServiceError", isHarmless: true });
        expect(result.message).toMatch(codes);
      } else {
        pictures += 1;
        expect(dialled.length).toBeGreaterThan(0);
        expect(result).toMatchObject({ mimeType: "image/png" });
      }
    }),
    { numRuns: 1500 },
  );
  expect(pictures).toBeGreaterThan(50); // a world that refuses everything would prove nothing
}, 60_000);

test("what is wrong on its face is refused when it is sent, however it is spelled", () =>
  fc.assert(
    fc.property(worldUrl, (text) => {
      const problem = problemOfImageUrl(text);
      if (problem !== undefined) return;
      const url = new URL(text);
      expect(["http:", "https:"]).toContain(url.protocol);
      expect([url.username, url.password]).toEqual(["", ""]);
      expect(["", "80", "443"]).toContain(url.port);
      expect(url.hostname.replace(/\.$/, "")).not.toBe("localhost");
      const literal = url.hostname.replace(/^\[|\]$/g, "");
      if (/^[\d.]+$|:/.test(literal))
        expect([literal, isReallyPublic(literal)]).toEqual([literal, true]);
    }),
    { numRuns: 5000 },
  ));

test("every spelling of an IPv4 address is that address to both", () =>
  fc.assert(
    fc.property(spelled4, (spelling) => {
      const meant = new URL(`http://${spelling}/`).hostname;
      expect(meant).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      const isRefused = problemOfImageUrl(`http://${spelling}/a.png`) !== undefined;
      expect([spelling, isRefused]).toEqual([spelling, !isReallyPublic(meant)]);
    }),
    { numRuns: 2000 },
  ));

test("a name that answers late is given up, and nothing is connected to when it comes", async () => {
  const late = Promise.withResolvers<readonly string[]>();
  const dialled: string[] = [];
  const fetchImage = imageFetcher({
    timeoutMs: 30,
    resolve: () => late.promise,
    dial: (to) => {
      dialled.push(to);
      return { host: "127.0.0.1", port: internet.port ?? 0 };
    },
  });
  const failed: unknown = await fetchImage("http://one.example/a", never).catch(
    (it: unknown) => it,
  );
  expect(String(failed)).toContain("too_slow");
  const seen = internet.pendingRequests;
  late.resolve(["93.184.216.34"]);
  await Bun.sleep(20); // nothing to wait for: nothing may happen
  expect(dialled).toEqual([]);
  expect(internet.pendingRequests).toBe(seen);
});

test("TLS is spoken to a literal address too, and a name is asked for by its name", async () => {
  const hellos: string[] = [];
  const heard = createServer((socket) => {
    socket.once("data", (bytes) => {
      hellos.push(bytes.toString("latin1"));
      socket.destroy();
    });
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => heard.listen(0, "127.0.0.1", resolve));
  const { port } = heard.address() as { port: number };
  const fetchImage = imageFetcher({
    resolve: async (name) => [/^[\d.]+$/.test(name) ? name : "93.184.216.34"],
    dial: () => ({ host: "127.0.0.1", port }),
  });
  for (const url of ["https://93.184.216.34/a.png", "https://img.example./a.png"]) {
    const failed: unknown = await fetchImage(url, never).catch((it: unknown) => it);
    expect(String(failed)).toContain("unreachable");
  }
  heard.close();
  const [literal = "", named = ""] = hellos;
  expect([literal.charCodeAt(0), named.charCodeAt(0)]).toEqual([0x16, 0x16]);
  expect(literal).not.toContain("93.184");
  expect(named).toContain("img.example");
  expect(named).not.toContain("img.example.");
});

/** Who may open connections, and to what. Anything else that fetches a person's URL has to use the guard. */
const outgoing: Readonly<Record<string, string>> = {
  "worker/outbound.ts": "the guard: a person's URL, or one of a stranger's page",
  "worker/images/read-image.ts":
    "our own store by an image key, under the operator's base URL; all else by the guard",
  "worker/images/upload-bytes.ts": "our own gateway, by the operator's base URL",
  "gateway/images/s3-store.ts": "the operator's bucket, by image keys",
  "worker/llm/model-http.ts": "model services, by the operator's base URL",
  "gateway/auth/exchange.ts": "sign-in services, by addresses of ours",
  "shared/apis/http.ts": "outside services, by base URLs of ours",
};

test("nothing but the guard and the clients of fixed services opens a connection over HTTP", async () => {
  const calls = /(?<!\bapp\.|`)\bfetch\(|\bBun\.connect\(|\bnew WebSocket\(/;
  const modules = /import (?!type)([^;"]*?) from "(?:node:)?(?:http|https|http2|net|tls)"/g;
  const checksOnly = /^\{ ((isIP|isIPv4|isIPv6|BlockList)(, )?)+ \}$/;
  const found: string[] = [];
  for await (const path of new Bun.Glob("{gateway,worker,router,shared}/**/*.ts").scan(".")) {
    if (path.endsWith(".test.ts") || path.includes("/testing/")) continue;
    const text = await Bun.file(path).text();
    const names = [...text.matchAll(modules)].map(([, imported = ""]) => imported);
    if (calls.test(text) || !names.every((one) => checksOnly.test(one))) found.push(path);
  }
  expect(found.sort()).toEqual(Object.keys(outgoing).sort());
});
