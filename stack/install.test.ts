import { expect, test } from "bun:test";
import { homeOf } from "./home.ts";
import { install, missingOf } from "./install.ts";
import { startSaying } from "./say.ts";

test("with no way to install, the packages are named for each system", async () => {
  const { signal } = new AbortController();
  const options = { home: homeOf("/nowhere"), say: startSaying(() => {}), signal };
  const installing = install(["redis", "postgres"], undefined, options);
  expect(installing).rejects.toThrow("sudo apt-get install redis-server postgresql\n");
  expect(installing).rejects.toThrow("brew install redis postgresql@17");
});

test("nothing missing, nothing done", async () => {
  const { signal } = new AbortController();
  const options = { home: homeOf("/nowhere"), say: startSaying(() => {}), signal };
  await install([], undefined, options);
  expect(missingOf([])).toEqual([]);
});
