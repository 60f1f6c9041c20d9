import { afterAll, afterEach, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import type { JobLog } from "../../web/testing/job-log.ts";
import { type ProtocolServer, startProtocolServer } from "../../web/testing/protocol-server.ts";
import { answers, asksForPlace, fails, longAnswer } from "../../web/testing/scenes.ts";
import { topologyFixture } from "../../web/testing/topology-fixture.ts";
import { ask, finished, growing, inPage, noBrowser, phone, shoot, startBrowser } from "./browser.ts";
import { pageDir } from "./page-server.ts";

// What a real fleet does too rarely to wait for: a server that plays every part by the protocol.
const when = test.skipIf(noBrowser !== undefined);
setDefaultTimeout(60_000);
const slow = { stageMs: 30, tokenMs: 15 };
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

const token = "aaa.bbb.ccc";
const open = async (page: Page) => {
  await page.goto(server.url);
  await page.locator(".examples").waitFor();
};

when("an answer that fails says why, keeps what came, and can be asked again", () =>
  inPage(browser, "failure", {}, async (page) => {
    server.scene = fails;
    await open(page);
    await ask(page, "실패하는 질문");
    await page.getByText("답변 모델이 응답하지 않아요").waitFor();
    expect(await finished(page)).toBe("반쯤 쓴 답변");
    await shoot(page, "page-failure");
    server.scene = answers("이번에는 됐어요.");
    await page.getByRole("button", { name: "다시 묻기" }).click();
    await page.getByText("이번에는 됐어요.").waitFor();
    expect(server.sent).toHaveLength(2);
  }),
);

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

when("signed out in mid-stream, the text stays; signed in again, the rest comes", () =>
  inPage(browser, "signed-out", {}, async (page) => {
    server.scene = answers(longAnswer, slow);
    await open(page);
    await ask(page, "페트병은?");
    await growing(page, 20);
    server.isUnauthorized = true;
    server.cutAll();
    const dialog = page.getByRole("dialog", { name: "로그인이 필요해요" });
    await dialog.waitFor();
    const before = await growing(page, 20);
    await shoot(page, "page-signed-out");
    await dialog.getByLabel("토큰").fill("no token");
    await dialog.getByRole("button", { name: "로그인", exact: true }).click();
    await dialog.getByRole("alert").getByText("토큰 모양이 아니에요").waitFor();
    server.isUnauthorized = false;
    await dialog.getByLabel("토큰").fill(token);
    await dialog.getByRole("button", { name: "로그인", exact: true }).click();
    const whole = await finished(page);
    expect(whole.startsWith(before.slice(0, 15))).toBe(true);
    expect(whole).toContain("확인해 주세요.");
  }),
);

when("a question that was refused waits for the sign-in and is sent once", () =>
  inPage(browser, "refused", {}, async (page) => {
    await open(page);
    server.scene = answers("왔어요.");
    server.isUnauthorized = true;
    await ask(page, "안녕");
    const dialog = page.getByRole("dialog", { name: "로그인이 필요해요" });
    await dialog.getByLabel("토큰").fill(token);
    server.isUnauthorized = false;
    await dialog.getByRole("button", { name: "로그인", exact: true }).click();
    expect(await finished(page)).toBe("왔어요.");
    expect(await page.locator(".mine").count()).toBe(1);
    expect(server.logs.size).toBe(1);
  }),
);

when("a question the server could not take can be tried again, and is accepted once", () =>
  inPage(browser, "unsent", {}, async (page) => {
    server.scene = answers("왔어요.");
    server.refuseSends = Array.from({ length: 4 }, () => server.refuse(503, "JOB_SUBMIT_FAILED"));
    await open(page);
    await ask(page, "안녕");
    await page.getByText("지금은 질문을 받을 수 없어요").waitFor();
    await page.getByRole("button", { name: "다시 시도" }).click();
    expect(await finished(page)).toBe("왔어요.");
    expect(await page.locator(".mine").count()).toBe(1);
  }),
);

when("stopped at once; a token that comes after the end is not shown", () =>
  inPage(browser, "late-token", {}, async (page) => {
    server.scene = answers(longAnswer, slow);
    await open(page);
    await ask(page, "페트병은?");
    await growing(page, 10);
    await page.getByRole("button", { name: "멈추기" }).click();
    await page.getByText("여기서 멈췄어요").waitFor();
    expect(await page.locator(".answer").innerText()).not.toContain("늦게 온 글");
  }),
);

when("a new attempt is shown as one, and texts never mix", () =>
  inPage(browser, "attempt", {}, async (page) => {
    let goOn = () => {};
    server.scene = async (log: JobLog) => {
      await log.joined;
      log.stage("intent", "completed");
      log.stage("answer", "started");
      log.token("첫 번째 시도의 글 ");
      await Bun.sleep(150);
      log.newAttempt();
      await new Promise<void>((resolve) => (goOn = resolve));
      await answers("두 번째 시도의 답변.")(log);
    };
    await open(page);
    await page.getByRole("button", { name: "실행 보기" }).click();
    await ask(page, "페트병은?");
    await page.getByText("2번째 시도").waitFor();
    await shoot(page, "page-attempt");
    goOn();
    expect(await finished(page)).toBe("두 번째 시도의 답변.");
    expect(await page.locator(".facts").innerText()).toContain("시도\n2");
  }),
);

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
      route.fulfill({ contentType: "image/svg+xml", body: '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="60"><rect width="80" height="60" fill="#8ab"/></svg>' }),
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
    expect(server.sent[0]?.body).toMatchObject({ image_url: "https://pictures.example/bottle.svg" });
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
