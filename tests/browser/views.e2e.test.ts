import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { drawCharacter } from "../../gateway/images/art/draw.ts";
import { type ProtocolServer, startProtocolServer } from "../../web/testing/protocol-server.ts";
import { pngOf } from "../../shared/testing/pictures.ts";
import {
  complaints,
  inPage,
  noBrowser,
  phone,
  shoot,
  startBrowser,
  wide,
  whatMovesRests,
} from "./browser.ts";
import { pageDir } from "./page-server.ts";
import { goodResult, playScans } from "./scan-scene.ts";

const when = test.skipIf(noBrowser !== undefined);
setDefaultTimeout(240_000);
const { scene, answer } = playScans();
let browser: Browser;
let server: ProtocolServer;
let photo: Buffer;

beforeAll(async () => {
  if (noBrowser !== undefined) return;
  browser = await startBrowser();
  server = startProtocolServer(await pageDir());
  server.other = answer;
  photo = Buffer.from((await drawCharacter("pet")) ?? []);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const views = [
  { name: "wide", options: wide },
  { name: "wide-dark", options: { ...wide, colorScheme: "dark" as const } },
  { name: "phone", options: phone },
];
const choose = (page: Page, buffer = photo, mimeType = "image/png") =>
  page.locator("input[type=file]").first().setInputFiles({ name: "IMG_1.png", mimeType, buffer });
const shown = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

when.each(views)(
  "$name: a photo, four stages lighting up, the steps and a friend",
  async ({ name, options }) => {
    Object.assign(scene, { result: goodResult, stageMs: 500, cutAfter: Infinity });
    await inPage(browser, `scan-${name}`, { ...options, bypassCSP: true }, async (page) => {
      await page.goto(`${server.url}/#/scan`);
      await shown(page, "버릴 물건을 찍어 주세요");
      await shoot(page, `scan-${name}-empty`);
      expect(await complaints(page)).toEqual([]);
      await choose(page);
      await page.getByLabel("무엇인지 알면").fill("생수병");
      await shoot(page, `scan-${name}-picked`);
      await page.getByRole("button", { name: "알아보기" }).click();
      const done = page.locator(".scan-stages li[data-state=done]");
      const counts: number[] = [];
      for (const count of [1, 2, 3]) {
        await page.waitForFunction(
          (n) => document.querySelectorAll(".scan-stages li[data-state=done]").length === n,
          count,
        );
        counts.push(await done.count());
        if (count === 2) await shoot(page, `scan-${name}-running`);
      }
      expect(counts).toEqual([1, 2, 3]);
      await shown(page, "페티가 찾아왔어요!");
      expect(await page.locator(".scan-steps li").allTextContents()).toEqual([
        "내용물을 비우고 물로 헹궈요.",
        "라벨을 떼어 비닐류로 내놓아요.",
        "찌그러뜨리고 뚜껑을 닫아요.",
        "무색 페트병 전용 수거함에 넣어요.",
      ]);
      await page.evaluate(whatMovesRests); // the friend has arrived
      await shoot(page, `scan-${name}-done`);
      expect(await complaints(page)).toEqual([]);
      expect(scene.uploads.at(-1)).toEqual({
        type: "image/png",
        bytes: photo.length,
        authorization: null,
      });
      expect(scene.scans.at(-1)?.body).toMatchObject({
        user_input: "생수병",
        image_url: expect.stringContaining("/_cdn/scan/"),
      });
      await page.getByRole("button", { name: "다른 물건 알아보기" }).click();
      await shown(page, "버릴 물건을 찍어 주세요");
    });
  },
);

when("a line that breaks costs nothing: the result is asked for", async () => {
  Object.assign(scene, { result: goodResult, stageMs: 100, cutAfter: 4 });
  await inPage(browser, "scan-cut", {}, async (page) => {
    await page.goto(`${server.url}/#/scan`);
    await choose(page);
    await page.getByRole("button", { name: "알아보기" }).click();
    await shown(page, "페티가 찾아왔어요!");
  });
});

when(
  "a scan that failed says why, keeps the photo, and can be tried again without a second upload",
  async () => {
    const error = { code: "VISION_NOT_CONFIGURED", message: "x" };
    const failed = { status: "failed", pipeline_result: null, reward: null, error };
    Object.assign(scene, { result: failed, stageMs: 50, cutAfter: Infinity });
    await inPage(browser, "scan-failed", { bypassCSP: true }, async (page) => {
      await page.goto(`${server.url}/#/scan`);
      await choose(page);
      await page.getByRole("button", { name: "알아보기" }).click();
      await shown(page, /무엇인지 적어 주시면/);
      await shoot(page, "scan-failed");
      expect(await complaints(page)).toEqual([]);
      const uploads = scene.uploads.length;
      scene.result = { ...goodResult, reward: null };
      await page.getByRole("button", { name: "다시 시도" }).click();
      await shown(page, "이번에는 찾아온 친구가 없어요");
      expect(scene.uploads).toHaveLength(uploads);
    });
  },
);

when("what could be better is said, and nobody came", async () => {
  const { pipeline_result: found } = goodResult;
  const final_answer = {
    ...found.final_answer,
    insufficiencies: ["라벨이 아직 붙어 있어요.", " "],
  };
  const result = { ...goodResult, reward: null, pipeline_result: { ...found, final_answer } };
  Object.assign(scene, { result, stageMs: 30, cutAfter: Infinity });
  await inPage(browser, "scan-missing", { ...phone, bypassCSP: true }, async (page) => {
    await page.goto(`${server.url}/#/scan`);
    await choose(page);
    await page.getByRole("button", { name: "알아보기" }).click();
    await shown(page, "이것만 더 하면 좋아요");
    expect(await page.locator(".scan-missing li").count()).toBe(1);
    await shoot(page, "scan-missing");
    expect(await complaints(page)).toEqual([]);
  });
});

when("a large photo is made smaller before it is sent", async () => {
  Object.assign(scene, { result: goodResult, stageMs: 30, cutAfter: Infinity });
  await inPage(browser, "scan-large", {}, async (page) => {
    await page.goto(`${server.url}/#/scan`);
    const large = Buffer.concat([pngOf(4000, 3000), new Uint8Array(4 * 1024 * 1024)]);
    await choose(page, large);
    await page.getByRole("button", { name: "알아보기" }).click();
    await shown(page, "페티가 찾아왔어요!");
    const sent = scene.uploads.at(-1);
    expect(sent?.type).toBe("image/jpeg");
    expect(sent?.bytes).toBeLessThan(1024 * 1024);
  });
});

when.each(views)(
  "$name: the collection shows who is there and who is not",
  async ({ name, options }) => {
    await inPage(browser, `collection-${name}`, { ...options, bypassCSP: true }, async (page) => {
      await page.goto(`${server.url}/#/collection`);
      await shown(page, "13명 중 4명과 함께해요");
      await page.waitForFunction(() =>
        [...document.images].every((one) => one.complete && one.naturalWidth > 0),
      );
      expect(await page.locator(".card").count()).toBe(13);
      expect(await page.locator(".card[data-owned=true] h2").allTextContents()).toEqual([
        "이코",
        "페이피",
        "페티",
        "메탈리",
      ]);
      await shoot(page, `collection-${name}`);
      expect(await complaints(page)).toEqual([]);
    });
  },
);

when(
  "the views have addresses: links, back and a reload find them, and the chat is where it was",
  async () => {
    await inPage(browser, "views", wide, async (page) => {
      await page.goto(server.url);
      await page.locator(".examples").waitFor();
      await page.getByRole("link", { name: "캐릭터 도감" }).click();
      await shown(page, "13명 중 4명과 함께해요");
      expect(new URL(page.url()).hash).toBe("#/collection");
      await page.getByRole("link", { name: "사진으로 알아보기" }).click();
      await shown(page, "버릴 물건을 찍어 주세요");
      await page.reload();
      await shown(page, "버릴 물건을 찍어 주세요");
      await page.goBack();
      await shown(page, "13명 중 4명과 함께해요");
      await page.goBack();
      await page.locator(".examples").waitFor();
      await page.getByRole("link", { name: "캐릭터 도감" }).click();
      await page.getByRole("button", { name: "새 대화" }).click();
      await page.locator(".examples").waitFor();
      expect(new URL(page.url()).hash).toBe("");
    });
  },
);
