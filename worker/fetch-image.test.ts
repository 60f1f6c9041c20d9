import { afterAll, expect, test } from "bun:test";
import { tinyPng } from "../tests/fakes/fake-openai.ts";
import { startFake } from "../tests/fakes/fake-server.ts";
import { imageFetcher } from "./fetch-image.ts";

const png = Buffer.from(tinyPng, "base64");
const far = "93.184.216.34";
const never = new AbortController().signal;

const server = startFake(({ path, headers }) => {
  const to = (location: string) => new Response(null, { status: 302, headers: { location } });
  switch (path) {
    case "/ok.png":
      return new Response(png, { headers: { "content-type": "text/plain" } });
    case "/page":
      return new Response("<html>비밀</html>", { headers: { "content-type": "image/png" } });
    case "/big":
      return new Response(Buffer.concat([png, new Uint8Array(11 * 1024 * 1024)]));
    case "/endless":
      return new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(png),
          pull: async (controller) => {
            await Bun.sleep(1);
            controller.enqueue(new Uint8Array(1024 * 1024));
          },
        }),
      );
    case "/hang":
      return new Promise<Response>(() => {});
    case "/moved":
      return to("/ok.png");
    case "/loop":
      return to("/loop");
    case "/inside":
      return to("http://inside.example/ok.png");
    case "/metadata":
      return to("http://169.254.169.254/latest");
    case "/file":
      return to("file:///etc/passwd");
    case "/host":
      return headers.get("host")?.startsWith("img.example")
        ? new Response(png)
        : new Response(null, { status: 400 });
    default:
      return new Response(null, { status: 404 });
  }
});
afterAll(() => server.stop());
const port = new URL(server.baseUrl).port;

/** Names of a world of our own; the server stands for whatever is public. */
const addresses: Record<string, readonly string[]> = {
  "img.example": ["127.0.0.1"],
  "inside.example": ["10.0.0.5"],
  "both.example": ["127.0.0.1", "10.0.0.5"],
};
let asked: string[] = [];
const world = {
  resolve: async (host: string) => {
    asked.push(host);
    const found = addresses[host] ?? (/^[\d.]+$/.test(host) ? [host] : undefined);
    if (!found) throw new Error("no such name");
    return found;
  },
  isAllowed: (address: string) => address === "127.0.0.1" || address === far,
  ports: [port],
};
const fetchImage = imageFetcher({ ...world, timeoutMs: 20_000 });
const at = (path: string, host = "img.example") => `http://${host}:${port}${path}`;

test("a picture comes by its bytes, whatever the header says, with the name asked once", async () => {
  asked = [];
  const image = await fetchImage(at("/ok.png"), never);
  expect(image.mimeType).toBe("image/png");
  expect(image.bytes).toEqual(new Uint8Array(png));
  expect(asked).toEqual(["img.example"]);
  expect((await fetchImage(at("/moved"), never)).bytes.length).toBe(png.length);
  expect((await fetchImage(at("/host"), never)).bytes.length).toBe(png.length);
});

test.each([
  ["a page that says it is a picture", at("/page"), "not_an_image"],
  ["20 MB", at("/big"), "too_large"],
  ["bytes without end", at("/endless"), "too_large|too_slow"],
  ["a redirect without end", at("/loop"), "too_many_redirects"],
  ["a redirect into the network", at("/inside"), "not_public"],
  ["a redirect to metadata", at("/metadata"), "not_public"],
  ["a redirect to a file", at("/file"), "bad_scheme"],
  ["a name in the network", at("/ok.png", "inside.example"), "not_public"],
  ["a name with one address in the network", at("/ok.png", "both.example"), "not_public"],
  ["a name nobody knows", at("/ok.png", "nowhere.example"), "unknown_host"],
  ["another port", "http://img.example:6379/", "bad_port"],
  ["a user in it", `http://me:pw@img.example:${port}/ok.png`, "has_userinfo"],
  ["another scheme", "ftp://img.example/a.png", "bad_scheme"],
  ["no URL", "그림", "bad_url"],
  ["nothing there", at("/404"), "HTTP 404"],
])("%s is refused", async (_name, url, code) => {
  const failed: unknown = await fetchImage(url, never).catch((cause: unknown) => cause);
  expect(failed).toMatchObject({ name: "ServiceError", isHarmless: true });
  expect((failed as Error).message).toMatch(new RegExp(code));
});

test("silence is given up", async () => {
  const impatient = imageFetcher({ ...world, timeoutMs: 300 });
  const failed: unknown = await impatient(at("/hang"), never).catch((cause: unknown) => cause);
  expect(failed).toMatchObject({ name: "ServiceError", isHarmless: true });
  expect((failed as Error).message).toContain("too_slow");
});

test("by default loopback and private addresses are refused without a connection", async () => {
  const seen = () => server.seen.filter(({ path }) => path !== "/hang").length; // those may come late
  const before = seen();
  for (const host of [
    "127.0.0.1",
    "localhost",
    "[::1]",
    "0x7f.1",
    "10.1.2.3",
    "[::ffff:127.0.0.1]",
  ]) {
    const failed: unknown = await imageFetcher({ ports: [port] })(at("/ok.png", host), never).catch(
      (c: unknown) => c,
    );
    expect((failed as Error).message).toContain("not_public");
  }
  expect(seen()).toBe(before);
});

test("an abort of the run rises as its own reason", async () => {
  const run = new AbortController();
  const fetching = fetchImage(at("/hang"), run.signal);
  run.abort("cancelled");
  expect(await fetching.catch((reason: unknown) => reason)).toBe("cancelled");
});
