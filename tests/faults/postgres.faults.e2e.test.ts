import { expect, test } from "bun:test";
import { until } from "../../shared/testing/until.ts";
import { Client } from "../client.ts";
import { freeze } from "./freeze.ts";
import { ending } from "./person.ts";
import { onPostgres, restart } from "./stores.ts";
import { underLoad } from "./suite.ts";
import { StreamCheck } from "./verify.ts";
import { atLeast, bound } from "../../shared/testing/bound.ts";

const suite = underLoad();

/** Somebody beside the load, at one gateway. */
function somebody(): Client {
  const [base_url = ""] = suite.rig.baseUrls;
  return new Client({ ...suite.rig.jwt, base_url });
}

/** Answers that were finished while something lasted. */
async function completedDuring(what: () => Promise<unknown>): Promise<number> {
  const before = suite.load.counts.completed;
  await what();
  return suite.load.counts.completed - before;
}

test("away for 20 s: answers stream on, lists say 503, and the backlog is caught up at once", async () => {
  const client = somebody();
  await client.createChat();
  let during = 0;
  let startedAt = 0;
  const { slowestMs } = await suite.breaks(async (rig) => {
    during = await completedDuring(() =>
      restart(rig, "postgres", 18_000, async () => {
        await Bun.sleep(1000);
        const askedAt = performance.now();
        const list = await client.fetch("/api/v1/chat");
        expect(list.status).toBe(503);
        expect(Number(list.headers.get("retry-after"))).toBeGreaterThan(0);
        expect(performance.now() - askedAt).toBeLessThan(bound(6000));
      }),
    );
    startedAt = performance.now();
  });
  expect(during).toBeGreaterThan(atLeast(20));
  expect(slowestMs).toBeLessThan(bound(2000));
  // `breaks` has found every row; how long that took from the restart on is the backlog
  expect(performance.now() - startedAt).toBeLessThan(bound(20_000));
});

test("away for 3 s: first messages of new chats wait for it, and no longer than that", async () => {
  const client = somebody();
  const chats = await Promise.all(Array.from({ length: 12 }, () => client.createChat()));
  let waitedMs = 0;
  await suite.breaks(async (rig) => {
    let ends: Promise<unknown> = Promise.resolve();
    await restart(rig, "postgres", 3000, async () => {
      const jobs = await Promise.all(chats.map((chat) => client.send(chat, "캔은 어떻게 버려?")));
      ends = Promise.all(jobs.map((job) => ending(client, new StreamCheck(job))));
    });
    const backAt = performance.now();
    await ends;
    waitedMs = performance.now() - backAt;
  });
  expect(waitedMs).toBeLessThan(bound(8000)); // their own answers took some of it
});

test("away for 4 s while many ask: lists answer again soon after it is back", async () => {
  const client = somebody();
  let backMs = Number.POSITIVE_INFINITY;
  await suite.breaks(async (rig) => {
    let isOver = false;
    const asking = Array.from({ length: 10 }, async () => {
      while (!isOver) {
        await client.fetch("/api/v1/chat");
        await Bun.sleep(100);
      }
    });
    await restart(rig, "postgres", 4000);
    const backAt = performance.now();
    await until(async () => (await client.fetch("/api/v1/chat")).status === 200, {
      timeoutMs: 30_000,
      what: "the list",
    });
    backMs = performance.now() - backAt;
    isOver = true;
    await Promise.all(asking);
  });
  expect(backMs).toBeLessThan(bound(4000));
});

test("every session ended", async () => {
  const { slowestMs } = await suite.breaks((rig) =>
    onPostgres(
      rig.urls.postgres,
      (sql) => sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`,
    ),
  );
  expect(slowestMs).toBeLessThan(bound(2000));
});

test("frozen for 7 s, as a disk that hangs: streams do not notice", async () => {
  let during = 0;
  const { slowestMs } = await suite.breaks(async (rig) => {
    during = await completedDuring(() => freeze(rig, "postgres", 7000));
  });
  expect(during).toBeGreaterThan(atLeast(5));
  expect(slowestMs).toBeLessThan(bound(2000));
});

test("read-only for 5 s, as after a failover: lists answer, writes say 503, nothing is lost", async () => {
  const client = somebody();
  let during = 0;
  const { slowestMs } = await suite.breaks((rig) =>
    onPostgres(rig.urls.postgres, async (sql) => {
      const readOnly = async (value: "on" | "off") => {
        await sql.unsafe("set default_transaction_read_only = off");
        await sql.unsafe(`alter system set default_transaction_read_only = ${value}`);
        await sql`select pg_reload_conf()`;
      };
      await readOnly("on");
      try {
        during = await completedDuring(async () => {
          await until(async () => (await client.fetch("/api/v1/chat")).status === 200);
          // only sessions that read the new setting refuse
          const created = await until(
            async () => {
              const { status } = await client.fetch("/api/v1/chat", { method: "POST" });
              return status !== 201 && status;
            },
            { what: "a write to be refused" },
          );
          expect(created).toBe(503);
          await Bun.sleep(4000);
        });
      } finally {
        await readOnly("off");
      }
    }),
  );
  expect(during).toBeGreaterThan(atLeast(5));
  expect(slowestMs).toBeLessThan(bound(2000));
});
