import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser } from "playwright-core";
import { type ProtocolServer, startProtocolServer } from "../../web/testing/protocol-server.ts";
import { answers, asksForPlace, fails, longAnswer } from "../../web/testing/scenes.ts";
import { topologyFixture } from "../../web/testing/topology-fixture.ts";
import {
  ask,
  complaints,
  finished,
  growing,
  inPage,
  noBrowser,
  phone,
  shoot,
  startBrowser,
  whatMovesRests,
  wide,
} from "./browser.ts";
import { pageDir } from "./page-server.ts";

const when = test.concurrent.skipIf(noBrowser !== undefined);
setDefaultTimeout(240_000);
let browser: Browser;
let server: ProtocolServer;

beforeAll(async () => {
  if (noBrowser !== undefined) return;
  browser = await startBrowser();
  server = startProtocolServer(await pageDir());
  server.topology = topologyFixture;
  server.scene = (log) => {
    if (log.question.includes("실패")) return fails(log);
    if (log.question.includes("근처")) return asksForPlace(log);
    return answers(longAnswer, { stageMs: 120, tokenMs: 12 })(log);
  };
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const views = [
  { name: "wide", options: wide },
  { name: "wide-dark", options: { ...wide, colorScheme: "dark" as const } },
  { name: "phone", options: phone },
  { name: "phone-dark", options: { ...phone, colorScheme: "dark" as const } },
];

when.each(views)("nothing for axe to find, and nothing off the page: $name", ({ name, options }) =>
  inPage(browser, `looks-${name}`, { ...options, bypassCSP: true }, async (page) => {
    const found: string[] = [];
    const look = async (what: string) => {
      await page.evaluate(whatMovesRests);
      await shoot(page, `${name}-${what}`);
      found.push(...(await complaints(page)).map((one) => `${what}: ${one}`));
    };
    await page.goto(server.url);
    await page.locator(".examples").waitFor();
    await look("empty");
    await ask(page, "페트병은 어떻게 버려?");
    await growing(page, 60);
    await look("streaming");
    await finished(page);
    await look("answer");
    await page.getByRole("button", { name: "실행 보기" }).first().click();
    await page.locator(".graph").waitFor();
    await look("run");
    await page.locator(".run-head .icon-button").click();
    await ask(page, "실패하는 질문");
    await page.locator(".failure").waitFor();
    await look("failure");
    await ask(page, "근처 수거함");
    await page.locator(".ask").waitFor();
    await look("ask");
    await page.getByRole("button", { name: "위치 없이 계속" }).click();
    await finished(page);
    const menu = page.getByRole("button", { name: "메뉴" });
    if (await menu.isVisible()) await menu.click();
    await look("list");
    await page.getByRole("button", { name: "설정" }).click();
    await look("settings");
    await page.keyboard.press("Escape");
    await page.locator(".chat-row").first().getByRole("button", { name: /^삭제/ }).click();
    await look("delete");
    expect(found).toEqual([]);
  }),
);

when("everything can be reached and left with the keyboard", () =>
  inPage(browser, "keyboard", wide, async (page) => {
    await page.goto(server.url);
    await page.locator(".examples").waitFor();
    const focused = () =>
      page.evaluate(
        () =>
          document.activeElement?.textContent || document.activeElement?.getAttribute("aria-label"),
      );
    const seen = new Set<string | null | undefined>();
    for (let i = 0; i < 60; i += 1) {
      await page.keyboard.press("Tab");
      seen.add(await focused());
    }
    for (const name of ["설정", "새 대화", "실행 보기", "페트병은 어떻게 버려?", "사진 붙이기"]) {
      expect(seen).toContain(name);
    }
    await page.getByRole("button", { name: "설정" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await focused()).toBe("설정");
  }),
);

when("in English the whole page is English, and the choice stays", () =>
  inPage(browser, "english", wide, async (page) => {
    await page.goto(server.url);
    await page.getByRole("button", { name: "설정" }).click();
    await page.getByText("English").click();
    await page.getByText("밝게").or(page.getByText("Light")).click();
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("heading", { name: "What are you throwing away?" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "What are you throwing away?" }).waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe("en");
    await shoot(page, "wide-english");
  }),
);

when("the screen reader hears the whole answer once, at its end", () =>
  inPage(browser, "announce", wide, async (page) => {
    await page.goto(server.url);
    await page.evaluate(() => {
      const heard: string[] = [];
      const region = document.querySelector(".sr-only[aria-live]");
      if (!region) throw new Error("no live region");
      new MutationObserver(() => heard.push(region.textContent)).observe(region, {
        childList: true,
        characterData: true,
        subtree: true,
      });
      Object.assign(window, { heard });
    });
    await ask(page, "페트병은?");
    await finished(page);
    await page.evaluate(() => new Promise(requestAnimationFrame)); // what is changed is told by then
    const heard = await page.evaluate(() => (window as unknown as { heard: string[] }).heard);
    expect(heard.filter((text) => text.length > 40)).toHaveLength(1);
  }),
);
