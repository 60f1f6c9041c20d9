import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { drawCharacter } from "../../gateway/images/art/draw.ts";
import { Client } from "../client.ts";
import { type SeeingModel, seeingModel } from "../seeing-model.ts";
import { tinyPng } from "../fakes/fake-openai.ts";
import { type RunningStack, startStack } from "../stack.ts";
import {
  ask,
  finished,
  inPage,
  noBrowser,
  phone,
  shoot,
  startBrowser,
  whatMovesRests,
} from "./browser.ts";
import { signToken } from "./user.ts";

// The whole fleet, the page it serves, and a vision server that speaks OpenAI's protocol.

setDefaultTimeout(240_000);
const when = test.skipIf(noBrowser !== undefined);
const model: SeeingModel = seeingModel();
const file = join(tmpdir(), `eco2-photo-${crypto.randomUUID()}.png`);
let stack: RunningStack;
let browser: Browser;

beforeAll(async () => {
  if (noBrowser !== undefined) return;
  writeFileSync(file, (await drawCharacter("pet")) ?? "");
  stack = await startStack([], {
    OPENAI_API_KEY: "k",
    OPENAI_BASE_URL: model.baseUrl,
    CHAT_WORKER_ENABLE_IMAGE_GENERATION: "true",
  });
  browser = await startBrowser();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
  await model.stop();
  rmSync(file, { force: true });
}, 120_000);

/** A page of a new user at an address. */
async function enter(page: Page, hash: string): Promise<Client> {
  const client = new Client(stack.file());
  const { base_url } = stack.file();
  await page.goto(`${base_url}/#token=${await signToken(stack.file(), client.user)}`);
  await page.locator(".examples").waitFor();
  if (hash !== "") await page.goto(`${base_url}/${hash}`);
  return client;
}

/** The picture the model was shown last, after so many requests. */
function shownToModel(after = 0): Buffer {
  const found = model.seen.slice(after).findLast(({ text }) => text.includes("data:image"));
  const url = /data:image\/png;base64,([A-Za-z0-9+/=]+)/.exec(found?.text ?? "")?.[1];
  return Buffer.from(url ?? "", "base64");
}

when(
  "a photo from disk becomes steps and a friend, who is in the collection from then on",
  async () => {
    await inPage(browser, "scan-walk", phone, async (page) => {
      const client = await enter(page, "#/scan");
      await page.locator("input[type=file]").setInputFiles(file);
      await page.getByRole("button", { name: "알아보기" }).click();
      await page.getByText("페티가 찾아왔어요!").waitFor();
      expect(await page.locator(".scan-what h2").innerText()).toBe("생수병");
      expect(await page.locator(".scan-steps li").allTextContents()).toEqual([
        "내용물을 비우고 헹구세요.",
        "라벨을 떼세요.",
        "무색페트병 수거함에 넣어 주세요.",
      ]);
      // the very bytes of the disk went to the model, inline
      expect(shownToModel().equals(readFileSync(file))).toBe(true);
      await page.evaluate(whatMovesRests);
      await shoot(page, "fleet-scan");
      await page.getByRole("link", { name: "도감 보기" }).click();
      await page.locator(".card[data-owned=true] h2", { hasText: "페티" }).waitFor();
      await page.waitForFunction(() =>
        [...document.images].every((one) => one.complete && one.naturalWidth > 0),
      );
      await shoot(page, "fleet-collection");
      const owned = await client.json<{ name: string }[]>("/api/v1/users/me/characters");
      expect(owned.map(({ name }) => name)).toContain("페티");
    });
  },
);

when("a model that is away: the page says so, and words do", async () => {
  await inPage(browser, "scan-away", {}, async (page) => {
    await enter(page, "#/scan");
    await page.locator("input[type=file]").setInputFiles(file);
    model.trouble({ status: 500 });
    await page.getByRole("button", { name: "알아보기" }).click();
    await page.getByText(/사진을 알아보지 못했어요/).waitFor();
    model.trouble(undefined);
    await page.getByRole("button", { name: "다시 시도" }).click();
    await page.getByText("페티가 찾아왔어요!").waitFor();
  });
});

when("a photo from disk goes with a question, and stays in the chat", async () => {
  await inPage(browser, "chat-photo", {}, async (page) => {
    await enter(page, "");
    const asked = model.seen.length;
    await page.getByRole("button", { name: "사진 붙이기" }).click();
    await page.getByRole("dialog").locator("input[type=file]").setInputFiles(file);
    await page.locator(".attached img").waitFor();
    await ask(page, "이거 어떻게 버려?");
    await finished(page);
    expect(shownToModel(asked).equals(readFileSync(file))).toBe(true);
    await page.reload();
    await finished(page);
    const photo = page.locator(".mine img");
    await photo.waitFor();
    await page.waitForFunction(() =>
      [...document.querySelectorAll<HTMLImageElement>(".mine img")].every(
        (one) => one.naturalWidth === 192,
      ),
    );
    expect(await photo.getAttribute("src")).toContain("/api/v1/images/_cdn/chat/");
    await shoot(page, "fleet-chat-photo");
  });
});

when("a picture the agent draws is stored, shown, and goes with its owner", async () => {
  await inPage(browser, "drawn", {}, async (page) => {
    const client = await enter(page, "");
    const chat = await client.createChat();
    const job = await client.send(chat, "분리배출 캠페인 그림 그려줘", { model: "local" });
    const { text } = await client.read(job);
    const base = `${stack.file().base_url}/api/v1/images/_cdn/generated/`;
    const url = /!\[만든 그림\]\((http[^)]+)\)/.exec(text)?.[1] ?? "";
    expect(url.startsWith(base)).toBe(true);
    const stored = await fetch(url);
    expect([stored.status, stored.headers.get("content-type")]).toEqual([200, "image/png"]);
    expect(Buffer.from(await stored.arrayBuffer()).toString("base64")).toBe(tinyPng);
    await page.goto(`${stack.file().base_url}/#/c/${chat}`);
    await page.waitForFunction(() =>
      [...document.querySelectorAll<HTMLImageElement>(".markdown img")].some(
        (one) => one.naturalWidth === 1,
      ),
    );
    expect((await client.fetch("/api/v1/users/me", { method: "DELETE" })).status).toBe(204);
    expect((await fetch(url)).status).toBe(404);
  });
});
