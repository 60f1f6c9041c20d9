import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHome } from "./home.ts";
import { choosePorts, freePort, isFree } from "./ports.ts";

const folder = mkdtempSync(join(tmpdir(), "eco2-ports-"));
const home = openHome(folder);
afterAll(() => rmSync(folder, { recursive: true }));

async function take(port: number) {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", () => resolve()));
  return { free: () => new Promise((resolve) => server.close(resolve)) };
}

test("a port is kept while it is free, and replaced when it is not", async () => {
  const wishes = [{ name: "a" }, { name: "b" }];
  const first = await choosePorts(home, wishes, {});
  expect(await choosePorts(home, wishes, {})).toEqual(first);
  const taken = await take(first["a"] ?? 0);
  const second = await choosePorts(home, wishes, {});
  expect(second["a"]).not.toBe(first["a"]);
  expect(second["b"]).toBe(first["b"]);
  await taken.free();
});

test("what was chosen for others, and is not listened on yet, is not chosen again", async () => {
  const own = openHome(join(folder, "own"));
  const nearlyAll = Object.fromEntries(
    Array.from({ length: 12_000 }, (_, i) => [`e${i}`, 20_000 + i]),
  );
  const left = await freePort();
  delete nearlyAll[`e${left - 20_000}`];
  writeFileSync(own.path("ports.json"), JSON.stringify({ ...nearlyAll, f: left }));
  expect(choosePorts(own, [{ name: "g" }], {})).rejects.toThrow("no free port");
  expect(await choosePorts(own, [{ name: "f" }], {})).toEqual({ f: left });
});

test("a fixed port is used", async () => {
  const port = await freePort();
  const wishes = [{ name: "c", variable: "PORT_C" }];
  expect(await choosePorts(home, wishes, { PORT_C: String(port) })).toEqual({ c: port });
});

test.each([
  { name: "is no number", value: "http", message: "PORT_C=http is no port number" },
  { name: "is out of range", value: "70000", message: "PORT_C=70000 is no port number" },
])("a fixed port that $name is refused", async ({ value, message }) => {
  const wishes = [{ name: "c", variable: "PORT_C" }];
  expect(choosePorts(home, wishes, { PORT_C: value })).rejects.toThrow(message);
});

test("two wishes for the same fixed port are refused", async () => {
  const port = String(await freePort());
  const wishes = ["PORT_C", "PORT_D"].map((variable) => ({ name: variable, variable }));
  expect(choosePorts(home, wishes, { PORT_C: port, PORT_D: port })).rejects.toThrow("twice");
});

test("a port somebody listens on is not free", async () => {
  const port = await freePort();
  const taken = await take(port);
  expect(await isFree(port)).toBe(false);
  await taken.free();
  expect(await isFree(port)).toBe(true);
});
