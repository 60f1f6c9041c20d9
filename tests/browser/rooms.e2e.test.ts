import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser, Locator, Page } from "playwright-core";
import { type RunningStack, startStack } from "../stack.ts";
import { complaints, inPage, noBrowser, phone, shoot, startBrowser } from "./browser.ts";
import { plainText, signToken } from "./user.ts";

// The rooms view over a whole fleet: two seats, the model between them, and lines that break.
setDefaultTimeout(240_000);
const when = test.skipIf(noBrowser !== undefined);
let stack: RunningStack;
let browser: Browser;

beforeAll(async () => {
  if (noBrowser !== undefined) return;
  stack = await startStack([], { CHAT_LOCAL_PACE_MS: "18" });
  browser = await startBrowser();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
}, 120_000);

const dark = { ...phone, colorScheme: "dark" as const, bypassCSP: true };

interface Seat {
  readonly pane: Locator;
  say(text: string): Promise<void>;
  ask(question: string): Promise<void>;
  /** Who said what, from the top; an answer that still comes is not in it. */
  heard(): Promise<string[]>;
  /** Waits until so many lines are there and nothing comes any more. */
  hears(lines: number): Promise<string[]>;
}

/** Opens a room as somebody. */
async function enter(page: Page, room: string, user: string = crypto.randomUUID()) {
  const { base_url } = stack.file();
  await page.goto(`${base_url}/#token=${await signToken(stack.file(), user)}`);
  await page.locator(".examples").waitFor();
  await page.goto(`${base_url}/#/rooms`);
  await page.getByLabel("방 이름").fill(room);
  await page.keyboard.press("Enter");
  const [a, b] = [seatOf(page, "A"), seatOf(page, "B")];
  for (const { pane } of [a, b]) await isOpen(pane);
  return { a, b };
}

const isOpen = (pane: Locator) =>
  pane.locator(".seat-state[data-state=open]").waitFor({ state: "attached" });

function seatOf(page: Page, role: "A" | "B"): Seat {
  const pane = page.getByRole("region", { name: `${role} 자리` });
  const box = pane.getByRole("textbox");
  const lines = pane.locator(".line:not([data-live])");
  const heard = async () =>
    (await lines.allInnerTexts()).map((line) => line.replaceAll(/\s*\n\s*/g, " "));
  return {
    pane,
    say: async (text) => {
      await box.fill(text);
      await box.press("Enter");
    },
    ask: async (question) => {
      await box.fill(question);
      await pane.getByRole("button", { name: "이코에게 묻기" }).click();
    },
    heard,
    hears: async (count) => {
      await lines.nth(count - 1).waitFor();
      await pane.locator("[data-live]").waitFor({ state: "detached" });
      const all = await heard();
      expect(all).toHaveLength(count);
      return all;
    },
  };
}

const newRoom = () => `r-${crypto.randomUUID().slice(0, 12)}`;

when("two seats and the model: everybody sees everything, also after a reload", async () => {
  await inPage(browser, "rooms", { bypassCSP: true }, async (page) => {
    const { a, b } = await enter(page, newRoom());
    await a.say("안녕하세요! 👋");
    await b.hears(1);
    await b.say("반가워요");
    await a.hears(2);
    await a.ask("페트병은 어떻게 버려?");
    for (const seat of [a, b]) await seat.pane.locator("[data-live] .markdown p").first().waitFor();
    await shoot(page, "fleet-rooms-live");
    const all = await a.hears(4);
    expect(await b.hears(4)).toEqual(all);
    expect(all.slice(0, 3)).toEqual(["A 안녕하세요! 👋", "B 반가워요", "A 페트병은 어떻게 버려?"]);
    expect(all[3]).toMatch(/^이코 .*라벨/);
    await shoot(page, "fleet-rooms");
    expect(await complaints(page)).toEqual([]);
    await page.reload();
    expect(await a.hears(4)).toEqual(all);
    expect(await b.hears(4)).toEqual(all);
  });
});

when("two people in one room: a seat that is taken says so, the free one is heard", async () => {
  const room = newRoom();
  await inPage(browser, "rooms-first", {}, async (page) => {
    const mine = await enter(page, room);
    await mine.a.say("저는 A예요");
    await mine.a.hears(1);
    await inPage(browser, "rooms-second", dark, async (other) => {
      const theirs = await enter(other, room);
      expect(await theirs.b.hears(1)).toEqual(["A 저는 A예요"]);
      await theirs.a.say("저도 A예요");
      await theirs.a.pane.getByText("이 자리는 다른 사람이 쓰고 있어요").waitFor();
      expect(await theirs.a.pane.getByRole("textbox").inputValue()).toBe("저도 A예요");
      await theirs.b.say("그럼 B로 할게요");
      await theirs.b.hears(2);
      await shoot(other, "fleet-rooms-phone");
      expect(await complaints(other)).toEqual([]);
    });
    expect(await mine.a.hears(2)).toEqual(["A 저는 A예요", "B 그럼 B로 할게요"]);
    expect(await mine.b.heard()).toEqual(await mine.a.heard());
  });
});

when("a gateway that stops under an answer: the seats come back and have it, once", async () => {
  await inPage(browser, "rooms-back", {}, async (page) => {
    const { a, b } = await enter(page, newRoom());
    await a.ask("종이 버리는 법이랑 수거함도 알려줘");
    await b.pane.locator("[data-live] .markdown p").first().waitFor();
    const { gateway } = stack.file().pids;
    process.kill(gateway, "SIGTERM");
    await a.pane.locator(".seat-state:not([data-state=open])").waitFor();
    for (const { pane } of [a, b]) await isOpen(pane);
    const all = await a.hears(2);
    expect(await b.hears(2)).toEqual(all);
    expect(plainText(all[1] ?? "").length).toBeGreaterThan(40);
    await b.say("다시 왔어요");
    expect((await a.hears(3)).at(-1)).toBe("B 다시 왔어요");
  });
});
