import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import type { Browser, Page } from "playwright-core";
import { until } from "../../shared/testing/until.ts";
import { createClient } from "../../web/client/client.ts";
import { type ProtocolServer, startProtocolServer } from "../../web/testing/protocol-server.ts";
import { answers, asksForPlace, longAnswer } from "../../web/testing/scenes.ts";
import { topologyFixture } from "../../web/testing/topology-fixture.ts";
import {
  ask,
  finished,
  growing,
  inPage,
  noBrowser,
  phone,
  shoot,
  startBrowser,
} from "./browser.ts";
import { pageDir } from "./page-server.ts";

// What a real fleet does too rarely to wait for: a server that plays every part by the protocol.
const when = test.skipIf(noBrowser !== undefined);
setDefaultTimeout(240_000);
let browser: Browser;
let server: ProtocolServer;

beforeAll(async () => {
  if (noBrowser === undefined) browser = await startBrowser();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  server = startProtocolServer(noBrowser === undefined ? await pageDir() : undefined);
  server.topology = topologyFixture;
});
afterEach(() => server.stop());

const open = async (page: Page) => {
  await page.goto(server.url);
  await page.locator(".examples").waitFor();
};

when("a question for the place is answered with a city, and the run goes on", () =>
  inPage(browser, "place", phone, async (page) => {
    server.scene = asksForPlace;
    await open(page);
    await ask(page, "근처 수거함 알려줘");
    const card = page.getByRole("region", { name: "이코가 물어봐요" });
    await card.waitFor();
    await shoot(page, "page-ask");
    await card.getByRole("combobox").selectOption("서울");
    expect(await finished(page)).toBe("가까운 곳 세 군데를 찾았어요.");
    const input = [...server.logs.values()][0]?.input;
    expect(input).toMatchObject({ type: "location", data: { latitude: 37.5663 } });
    expect(server.sent[0]?.body).toMatchObject({ interactive: true });
  }),
);

when("the browser's own place is sent when it is allowed", () => {
  const geolocation = { latitude: 35.12345678, longitude: 129.1 };
  const allowed = { geolocation, permissions: ["geolocation"] };
  return inPage(browser, "geolocation", allowed, async (page) => {
    server.scene = asksForPlace;
    await open(page);
    await ask(page, "근처 수거함");
    await page.getByRole("button", { name: "현재 위치 보내기" }).click();
    await finished(page);
    const input = [...server.logs.values()][0]?.input as { data: unknown };
    expect(input.data).toEqual({ latitude: 35.1235, longitude: 129.1 });
  });
});

when("markup in answers and titles is only text, and bad links lead nowhere", () =>
  inPage(browser, "markup", {}, async (page) => {
    const evil =
      '<img src=x onerror="window.hit=1"><script>window.hit=1</script>\n\n[링크](javascript:window.hit=1) ![그림](https://evil.example/x.png)';
    server.scene = answers(evil);
    await open(page);
    const outside: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url)) outside.push(request.url());
    });
    await ask(page, "<script>window.hit=1</script>");
    await finished(page);
    await page.getByText("링크", { exact: true }).click();
    expect(await page.evaluate(() => "hit" in window)).toBe(false);
    expect(await page.locator(".markdown img, .markdown script, .bubble script").count()).toBe(0);
    expect(await page.locator(".chat-open").innerText()).toBe("<script>window.hit=1</script>");
    expect(outside).toEqual([]);
  }),
);

when("a photo is attached by its address and shown before it is sent", () =>
  inPage(browser, "photo", {}, async (page) => {
    server.scene = answers("사진 속 물건은 병이에요.");
    await page.route("https://pictures.example/**", (route) =>
      route.fulfill({
        contentType: "image/svg+xml",
        body: '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="60"><rect width="80" height="60" fill="#8ab"/></svg>',
      }),
    );
    await open(page);
    await page.getByRole("button", { name: "사진 붙이기" }).click();
    await page.getByText("아직 사진 올리기가 없어요").waitFor();
    await page.getByLabel("사진 주소").fill("ftp://x");
    await page.getByRole("button", { name: "붙이기", exact: true }).click();
    await page.getByText("http나 https로 시작하는").waitFor();
    await page.getByLabel("사진 주소").fill("https://pictures.example/bottle.svg");
    await page.keyboard.press("Enter");
    await page.getByRole("img", { name: "붙인 사진" }).waitFor();
    await shoot(page, "page-photo");
    await page.getByRole("button", { name: "보내기" }).click();
    await finished(page);
    expect(server.sent[0]?.body).toMatchObject({
      image_url: "https://pictures.example/bottle.svg",
    });
    await page.getByRole("img", { name: "보낸 사진" }).waitFor();
  }),
);

when("a full or absent IndexedDB costs nothing but the memory of a reload", () =>
  inPage(browser, "no-storage", {}, async (page) => {
    await page.addInitScript(() => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    });
    server.scene = answers("그래도 왔어요.");
    await open(page);
    await ask(page, "안녕");
    expect(await finished(page)).toBe("그래도 왔어요.");
    await page.reload();
    expect(await finished(page)).toBe("그래도 왔어요.");
  }),
);

when("the list follows the answer to its end, and stays where a reader went up to", () =>
  inPage(browser, "follow", {}, async (page) => {
    const left = () =>
      page.locator(".list").evaluate((it) => it.scrollHeight - it.scrollTop - it.clientHeight);
    server.scene = answers(longAnswer.repeat(3), { stageMs: 20, tokenMs: 2 });
    await open(page);
    await ask(page, "길게");
    await finished(page);
    await until(async () => (await left()) < 2, { what: "the end to be in sight" });
    await ask(page, "더 길게");
    await growing(page, 30);
    await page.locator(".list").hover();
    await page.mouse.wheel(0, -500);
    await finished(page);
    expect(await left()).toBeGreaterThan(300);
    await page.getByRole("button", { name: "최근 메시지로" }).click();
    await until(async () => (await left()) < 2, { what: "the end to be in sight" });
  }),
);

when("the cursor stays where the next question is written", () =>
  inPage(browser, "focus", {}, async (page) => {
    server.scene = answers("네.");
    await open(page);
    await ask(page, "하나");
    await finished(page);
    await page.keyboard.type("둘");
    expect(await page.getByRole("textbox", { name: "무엇이든" }).inputValue()).toBe("둘");
  }),
);

when("Enter that ends a Korean syllable sends nothing", () =>
  inPage(browser, "composing", {}, async (page) => {
    await open(page);
    const box = page.getByRole("textbox", { name: "무엇이든" });
    await box.fill("안녕");
    await box.evaluate((element) =>
      element.dispatchEvent(
        new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true }),
      ),
    );
    expect(await box.inputValue()).toBe("안녕");
    expect(server.sent).toHaveLength(0);
  }),
);

when("the list of chats goes on as it is scrolled", () =>
  inPage(browser, "list", {}, async (page) => {
    for (let i = 0; i < 75; i += 1) {
      const created_at = new Date(Date.now() - i * 1000).toISOString();
      const of = { preview: null, message_count: 1, last_message_at: created_at, created_at };
      server.chats.push({ id: crypto.randomUUID(), title: `대화 ${i}`, ...of });
    }
    await page.goto(server.url);
    await page.getByRole("button", { name: "대화 0", exact: true }).waitFor();
    expect(await page.locator(".chat-row").count()).toBeLessThan(75);
    await page.waitForFunction(() => {
      const list = document.querySelector(".chats");
      if (list) list.scrollTop = list.scrollHeight;
      return document.querySelectorAll(".chat-row").length === 75;
    });
  }),
);

when("a question another device sent is answered here too", () =>
  inPage(browser, "other-device", {}, async (page) => {
    server.scene = async (log) => {
      await Bun.sleep(1500);
      await answers("다른 기기에서 물었지요.")(log);
    };
    const other = createClient({ baseUrl: server.url });
    const chat = await other.chats.create();
    await other.send(chat.id, { message: "안녕" });
    await page.goto(`${server.url}/#/c/${chat.id}`);
    await page.getByText("다른 기기에서 보낸 질문에").waitFor();
    await page.locator(".markdown").getByText("다른 기기에서 물었지요.").waitFor();
    expect(await page.locator(".message").count()).toBe(2);
  }),
);
