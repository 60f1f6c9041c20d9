import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { decodeJwt, jwtVerify } from "jose";
import { createServer } from "node:net";
import { join } from "node:path";
import { describeWith, testDatabase } from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import { alive, givenServices, openTrial } from "./fixtures/trial.ts";
import { freePort } from "./ports.ts";

// The supervisor with stand-ins for the fleet, on services given by URL.
describeWith(
  "redis",
  "rabbitmq",
  "postgres",
)("up", () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  const trials: ReturnType<typeof openTrial>[] = [];
  const open = (env: Record<string, string> = {}) => {
    const trial = openTrial({ ...givenServices(database.url), ...env });
    trials.push(trial);
    return trial;
  };
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterEach(async () => {
    await Promise.all(trials.splice(0).map((trial) => trial.close()));
  });
  afterAll(() => database.drop());

  test("--detach returns when all is ready, and down leaves nothing", async () => {
    const trial = open();
    const up = await trial.run("up", ["--detach", "--workers", "2"], { STAND_IN_READY_MS: "300" });
    const file = await trial.file();
    expect(up).toMatchObject({ code: 0, output: expect.stringContaining(file.base_url) });
    expect(file.pids.workers).toHaveLength(2);
    for (const url of [file.admin.gateway, file.admin.router, ...file.admin.workers]) {
      expect((await fetch(`${url}/ready`)).status).toBe(200);
    }
    const records = trial.records();
    expect(alive(records)).toEqual(["supervisor", "gateway", "router", "worker-1", "worker-2"]);
    expect(await trial.run("down")).toMatchObject({ code: 0 });
    expect(alive(records)).toEqual([]);
    expect((await trial.run("down")).output).toContain("nothing runs here");
  });

  test("the fleet gets the services, the secret and what the person set", async () => {
    const trial = open({ OPENAI_API_KEY: "passes-through" });
    await trial.run("up", ["--detach"]);
    const file = await trial.file();
    const env = (await (await fetch(`${file.admin.gateway}/env`)).json()) as Record<string, string>;
    expect(env).toMatchObject({
      DATABASE_URL: database.url,
      REDIS_CACHE_URL: expect.stringMatching(/\/1$/),
      JWT_SECRET: file.jwt_secret,
      PORT: new URL(file.base_url).port,
      ADMIN_PORT: new URL(file.admin_url).port,
      OPENAI_API_KEY: "passes-through",
    });
    expect(file.services.postgres).toEqual({ url: database.url, pid: null });
  });

  test("a second up in the folder says so; one in another folder runs beside it", async () => {
    const [first, second] = [open(), open()];
    await Promise.all([first.run("up", ["--detach"]), second.run("up", ["--detach"])]);
    const [file, other] = await Promise.all([first.file(), second.file()]);
    expect(other.base_url).not.toBe(file.base_url);
    const again = await first.run("up");
    expect(again.code).toBe(0);
    expect(again.output).toContain(
      `already running (pid ${file.supervisor_pid}): ${file.base_url}`,
    );
    expect((await first.file()).supervisor_pid).toBe(file.supervisor_pid);
  });

  test("two ups at the same moment end in one stack", async () => {
    const trial = open();
    const ups = await Promise.all([trial.run("up", ["--detach"]), trial.run("up", ["--detach"])]);
    expect(ups.map((up) => up.code)).toEqual([0, 0]);
    expect(trial.records().filter((record) => record.kind === "supervisor")).toHaveLength(1);
  });

  test("a fixed port that is taken is named with its variable", async () => {
    const port = await freePort();
    const server = createServer().listen(port, "127.0.0.1");
    const up = await open({ ECO2_HTTP_PORT: String(port) }).run("up");
    expect(up.code).toBe(1);
    expect(up.output).toContain(`port ${port} is taken`);
    expect(up.output).toContain("ECO2_HTTP_PORT");
    server.close();
  });

  test("ports are kept from run to run", async () => {
    const trial = open();
    await trial.run("up", ["--detach"]);
    const before = await trial.file();
    await trial.run("down");
    await trial.run("up", ["--detach"]);
    expect((await trial.file()).base_url).toBe(before.base_url);
    expect((await trial.file()).jwt_secret).toBe(before.jwt_secret);
  });

  test("a process that dies is started again and the file follows", async () => {
    const trial = open();
    await trial.run("up", ["--detach"]);
    const before = await trial.file();
    process.kill(before.pids.gateway, "SIGKILL");
    const after = await trial.file((file) => file.pids.gateway !== before.pids.gateway);
    expect(after.pids.router).toBe(before.pids.router);
    await until(() => fetch(`${after.admin.gateway}/ready`).then((it) => it.ok));
    await until(() => trial.log("up").includes("gateway is ready again"));
    expect(trial.log("up")).toContain("was ended by SIGKILL");
  });

  test("a process that keeps dying ends the stack with its name and last lines", async () => {
    const trial = open();
    const up = trial.start("up");
    const { admin } = await trial.file();
    const records = trial.records();
    const die = setInterval(() => void fetch(`${admin.router}/die`).catch(() => {}), 20);
    const { code, output } = await up.finished;
    clearInterval(die);
    expect(code).toBe(1);
    expect(output).toContain("router died 5 times within 30 s");
    expect(output).toContain("router says hello");
    expect(alive(records)).toEqual([]);
  });

  test("a process that ends before it was ready ends the start with its last lines", async () => {
    const { code, output } = await open({ STAND_IN_DIES: "worker-1" }).run("up");
    expect(code).toBe(1);
    expect(output).toContain("worker-1 exited with code 7 before it was ready");
    expect(output).toContain("cannot find its spoon");
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s stops in order", async (signal) => {
    const trial = open();
    const up = trial.start("up");
    await trial.file();
    const records = trial.records();
    up.kill(signal);
    const { code, output } = await up.finished;
    expect(code).toBe(0);
    expect(output.indexOf("stopping gateway, worker-1")).toBeGreaterThan(-1);
    expect(output.indexOf("stopping router")).toBeGreaterThan(output.indexOf("stopping gateway"));
    expect(alive(records)).toEqual([]);
  });

  test("a signal while it starts leaves nothing", async () => {
    const trial = open({ STAND_IN_READY_MS: "60000" });
    const up = trial.start("up");
    await until(() => trial.records().some((record) => record.name === "worker-1"));
    const records = trial.records();
    up.kill("SIGTERM");
    expect((await up.finished).code).toBe(0);
    expect(alive(records)).toEqual([]);
  });

  test("killing the `bun run` that started it stops it", async () => {
    const trial = open();
    const script = `${process.execPath} ${join(import.meta.dir, "fixtures/up-stand-ins.ts")}`;
    await Bun.write(
      join(trial.folder, "package.json"),
      JSON.stringify({ scripts: { up: script } }),
    );
    const runner = Bun.spawn([process.execPath, "run", "up"], {
      cwd: trial.folder,
      env: { ...process.env, ...givenServices(database.url) },
      stdio: ["ignore", "ignore", "ignore"],
    });
    await trial.file();
    const records = trial.records();
    runner.kill("SIGKILL");
    await until(() => alive(records).length === 0, { timeoutMs: 10_000 });
  });

  test("a second signal, later than an echo of the first, kills what does not end", async () => {
    const trial = open({ STAND_IN_IGNORES_SIGTERM: "worker-1" });
    const up = trial.start("up");
    await trial.file();
    const records = trial.records();
    up.kill("SIGINT");
    up.kill("SIGINT"); // the echo
    await until(() => !alive(records).includes("gateway"));
    expect(alive(records)).toContain("worker-1");
    const nag = setInterval(() => up.kill("SIGINT"), 300);
    expect((await up.finished).code).toBe(1);
    clearInterval(nag);
    expect(alive(records)).toEqual([]);
  });

  test("token signs for the running stack", async () => {
    const trial = open();
    expect(await trial.run("token")).toMatchObject({
      code: 1,
      output: expect.stringContaining("no secret to sign with"),
    });
    await trial.run("up", ["--detach"]);
    const file = await trial.file();
    const user = crypto.randomUUID();
    const { output } = await trial.run("token", ["--user", user, "--ttl", "1h"]);
    const key = new TextEncoder().encode(file.jwt_secret);
    const expected = { issuer: file.jwt_iss, audience: file.jwt_aud, algorithms: ["HS256"] };
    const { payload } = await jwtVerify(output.trim(), key, expected);
    expect(payload).toMatchObject({ sub: user, jti: expect.any(String) });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
    await trial.run("down");
    expect(decodeJwt((await trial.run("token")).output.trim()).iss).toBe(file.jwt_iss);
  });

  test("ps shows every process", async () => {
    const trial = open();
    expect((await trial.run("ps")).code).toBe(1);
    await trial.run("up", ["--detach"]);
    const { pids } = await trial.file();
    const rows = JSON.parse((await trial.run("ps", ["--json"])).output) as { role: string }[];
    expect(rows.find((row) => row.role === "worker-1")).toMatchObject({
      pid: pids.workers[0],
      rss_bytes: expect.any(Number),
      cpu_percent: expect.any(Number),
    });
    const { output } = await trial.run("ps");
    expect(output).toContain("ROLE");
    expect(output).toContain("not ours"); // the given services
  });

  test.each(["up", "down", "ps", "token", "migrate"] as const)(
    "%s explains itself and refuses unknown flags",
    async (command) => {
      const trial = open();
      expect(await trial.run(command, ["--help"])).toMatchObject({
        code: 0,
        output: expect.stringContaining(`Usage: bun run ${command}`),
      });
      expect((await trial.run(command, ["--nonsense"])).code).toBe(2);
    },
  );
});
