import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ending, roaming } from "./person.ts";
import { underLoad } from "./suite.ts";
import { StreamCheck } from "./verify.ts";
import { bound } from "../../shared/testing/bound.ts";

const library = [
  "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
  "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
].find((path) => existsSync(path));
if (!library)
  console.warn("skipped: libfaketime is not installed (Debian: apt install libfaketime)");

/** Five minutes either way; durations stay true, as on a host whose clock is merely wrong. */
const wrong: Readonly<Record<string, string>> = {
  "gateway-2": "-300s",
  "router-2": "+300s",
  "worker-2": "+300s",
};

/** Where a process reads, every second, how wrong its clock is: so it can be stepped while it runs. */
const folder = mkdtempSync(join(tmpdir(), "eco2-clocks-"));
const clockOf = (name: string) => join(folder, name);
const step = (name: string, offset: string) => {
  writeFileSync(`${clockOf(name)}.new`, `${offset}\n`);
  renameSync(`${clockOf(name)}.new`, clockOf(name));
};
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!library)("hosts whose clocks are five minutes wrong", () => {
  const suite = underLoad({
    envOf: (name): Record<string, string> => {
      const offset = wrong[name];
      if (!offset || !library) return {};
      step(name, offset);
      return {
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: clockOf(name),
        FAKETIME_CACHE_DURATION: "1",
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
      };
    },
  });

  test("change nothing for readers, also when the others die", async () => {
    const { slowestMs } = await suite.breaks(async (rig) => {
      for (const name of ["gateway-1", "router-1", "worker-1"]) rig.kill(name);
    });
    expect(slowestMs).toBeLessThan(bound(13_000));
  });

  test("stepped while they run, there and back: nobody notices", async () => {
    const { slowestMs } = await suite.breaks(async () => {
      for (const offset of ["+0s", "-300s", "+300s"]) {
        for (const name of Object.keys(wrong)) step(name, offset);
        await Bun.sleep(3000); // two seconds until they see it
      }
    });
    expect(slowestMs).toBeLessThan(bound(2000));
  });

  test("a chat reads in the order it was written, whichever worker answered", async () => {
    const chats = Array.from({ length: 4 }, async () => {
      const client = roaming(suite.rig);
      const chat = await client.createChat();
      const messages = ["하나", "둘", "셋", "넷", "다섯"];
      for (const message of messages) {
        const check = new StreamCheck(await client.send(chat, message));
        expect(await ending(client, check)).toBe("completed");
      }
      // both while the rows are on their way and once they are there
      for (const pauseMs of [0, 1500]) {
        await Bun.sleep(pauseMs);
        const history = await client.json<{ messages: { role: string; content: string }[] }>(
          `/api/v1/chat/${chat}`,
        );
        const asked = history.messages.filter((one) => one.role === "user");
        expect(asked.map((one) => one.content)).toEqual(messages);
      }
    });
    await Promise.all(chats);
  });
});
