import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { Client } from "../client.ts";
import { type RunningStack, startStack } from "../stack.ts";
import { complaints, inPage, noBrowser, phone, shoot, startBrowser } from "./browser.ts";
import { plainText, signToken } from "./user.ts";

// The assistant's console over a whole fleet, and the raw frames a browser's own socket gets.
setDefaultTimeout(240_000);
const when = test.skipIf(noBrowser !== undefined);
const long = "페트병이랑 캔이랑 유리병이랑 종이는 어떻게 버려?";
let stack: RunningStack;
let browser: Browser;

beforeAll(async () => {
  if (noBrowser !== undefined) return;
  // slow enough that a long answer outlasts the wait for a lock, on any machine
  stack = await startStack([], { CHAT_LOCAL_PACE_MS: "200", LIMIT_ASSISTANT_PER_MINUTE: "1000" });
  browser = await startBrowser();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
}, 120_000);

const dark = { ...phone, colorScheme: "dark" as const, bypassCSP: true };
const newSession = () => `s-${crypto.randomUUID()}`;

/** Opens a session as somebody; resolves once its socket is open. */
async function enter(page: Page, session: string, client: Client): Promise<void> {
  const { base_url } = stack.file();
  await page.goto(`${base_url}/#token=${await signToken(stack.file(), client.user)}`);
  await page.locator(".examples").waitFor();
  await page.goto(`${base_url}/#/assistant`);
  await page.getByLabel("대화 이름").fill(session);
  await page.keyboard.press("Enter");
  await isOpen(page);
}

const isOpen = (page: Page) =>
  page.locator(".seat-state[data-state=open]").waitFor({ state: "attached" });

async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "메시지" }).fill(text);
  await page.keyboard.press("Enter");
}

const begun = (page: Page) => page.locator("[data-live] .markdown").waitFor();

/** Waits until so many lines are there and nothing comes any more. */
async function lines(page: Page, count: number): Promise<string[]> {
  const all = page.locator(".line:not([data-live])");
  await all.nth(count - 1).waitFor();
  await page.locator("[data-live]").waitFor({ state: "detached" });
  expect(await all.count()).toBe(count);
  return (await all.allInnerTexts()).map(plainText);
}

interface Stored {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}
const stored = (client: Client, session: string) =>
  client.json<Stored>(`/api/v1/assistant/sessions/${session}/messages`);

when("a turn, one that remembers it, and a reload that finds both", async () => {
  await inPage(browser, "assistant", dark, async (page) => {
    const [client, session] = [new Client(stack.file()), newSession()];
    await enter(page, session, client);
    await say(page, "안녕!");
    await lines(page, 2);
    await page.getByText(/첫 낱말까지 \d+ ms/).waitFor();
    await say(page, "고마워");
    await begun(page);
    await shoot(page, "fleet-assistant-live");
    const shown = await lines(page, 4);
    const { messages } = await stored(client, session);
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
    for (const [i, { content }] of messages.entries())
      expect(shown[i]).toContain(plainText(content));
    await shoot(page, "fleet-assistant");
    expect(await complaints(page)).toEqual([]);
    await page.reload();
    await isOpen(page);
    expect(await lines(page, 4)).toEqual(shown);
  });
});

when(
  "a browser's own socket gets raw frames, then one [DONE]; what is no message is told",
  async () => {
    await inPage(browser, "assistant-raw", {}, async (page) => {
      const [client, session] = [new Client(stack.file()), newSession()];
      await enter(page, session, client);
      const token = await signToken(stack.file(), client.user);
      const frames = await page.evaluate(
        ({ token: bearer, session_id }) =>
          new Promise<string[]>((resolve, reject) => {
            const got: string[] = [];
            const bad = ["[]", JSON.stringify({ message: "  " })];
            const good = JSON.stringify({ message: "안녕!", session_id });
            const socket = new WebSocket(`ws://${location.host}/ws/chat`, ["bearer", bearer]);
            const next = () => socket.send(bad.shift() ?? good);
            socket.addEventListener("open", next);
            socket.addEventListener("close", () => reject(new Error("closed")));
            socket.addEventListener("message", ({ data }) => {
              got.push(String(data));
              if (got.length <= 2) next();
              if (data === "[DONE]") resolve(got);
            });
          }),
        { token, session_id: session },
      );
      expect(frames.slice(0, 2)).toEqual(['{"error":"bad payload"}', '{"error":"empty message"}']);
      expect(frames.at(-1)).toBe("[DONE]");
      const words = frames.slice(2, -1);
      expect(words.length).toBeGreaterThan(2);
      const { messages } = await stored(client, session);
      expect(messages).toMatchObject([{ content: "안녕!" }, { content: words.join("") }]);
    });
  },
);

when("who speaks in a session that is being answered is told so; stopped, it is free", async () => {
  const [client, session] = [new Client(stack.file()), newSession()];
  await inPage(browser, "assistant-busy", {}, async (page) => {
    await enter(page, session, client);
    await say(page, long);
    await begun(page);
    await inPage(browser, "assistant-second", {}, async (second) => {
      await enter(second, session, client);
      await say(second, "안녕!");
      await second.getByText("이 대화에서 다른 답변을 만드는 중이에요").waitFor();
      expect(await second.getByRole("textbox", { name: "메시지" }).inputValue()).toBe("안녕!");
      await shoot(second, "fleet-assistant-busy");
      await page.getByRole("button", { name: "멈추기" }).click();
      await page.getByText("답변을 멈췄어요").waitFor();
      const [question, cut] = await lines(page, 2);
      expect(question).toBe(plainText(long));
      expect(cut).toContain("멈춤");
      await say(second, "이제는?");
      await begun(second);
      await lines(second, 2); // the one refused is gone
    });
    const { messages } = await stored(client, session);
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
  });
});

when("a line that breaks in a turn: the question stays, the answer comes by itself", async () => {
  await inPage(browser, "assistant-back", {}, async (page) => {
    const [client, session] = [new Client(stack.file()), newSession()];
    await enter(page, session, client);
    await say(page, "안녕!");
    await begun(page);
    process.kill(stack.file().pids.gateway, "SIGKILL");
    await page.locator(".seat-state:not([data-state=open])").waitFor();
    await isOpen(page);
    expect((await lines(page, 2))[0]).toBe(plainText("안녕!"));
    const { messages } = await stored(client, session);
    expect(messages).toHaveLength(2);
    await say(page, "고마워");
    await lines(page, 4);
  });
});
