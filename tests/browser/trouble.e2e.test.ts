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
import type { JobLog } from "../../web/testing/job-log.ts";
import { type ProtocolServer, startProtocolServer } from "../../web/testing/protocol-server.ts";
import { answers, fails, longAnswer } from "../../web/testing/scenes.ts";
import { until } from "../../shared/testing/until.ts";
import { topologyFixture } from "../../web/testing/topology-fixture.ts";
import { ask, finished, growing, inPage, noBrowser, shoot, startBrowser } from "./browser.ts";
import { pageDir } from "./page-server.ts";

// What a real fleet does too rarely to wait for: a server that plays every part by the protocol.
const when = test.skipIf(noBrowser !== undefined);
setDefaultTimeout(240_000);
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
    await page.locator(".markdown").getByText("이번에는 됐어요.").waitFor();
    expect(server.sent).toHaveLength(2);
  }),
);

/** Half of the answer, and the rest when told to go on: a loaded page is not outrun. */
function inTwoHalves() {
  let goOn = () => {};
  const rest = new Promise<void>((resolve) => (goOn = resolve));
  const scene = async (log: JobLog) => {
    log.stage("answer", "started", { progress: 75 });
    log.token(longAnswer.slice(0, 100));
    await rest;
    await answers(longAnswer.slice(100), slow)(log);
  };
  return { scene, goOn: () => goOn() };
}

when("signed out in mid-stream, the text stays; signed in again, the rest comes", () =>
  inPage(browser, "signed-out", {}, async (page) => {
    const { scene, goOn } = inTwoHalves();
    server.scene = scene;
    await open(page);
    await ask(page, "페트병은?");
    await growing(page, 20);
    server.isUnauthorized = true;
    server.cutAll();
    const dialog = page.getByRole("dialog", { name: "로그인이 필요해요" });
    await dialog.waitFor();
    goOn();
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

when("an answer that ended while signed out is there once, as soon as someone signs in", () =>
  inPage(browser, "signed-out-past-end", {}, async (page) => {
    const { scene, goOn } = inTwoHalves();
    server.scene = scene;
    await open(page);
    await ask(page, "페트병은?");
    await growing(page, 20);
    server.isUnauthorized = true;
    server.cutAll();
    const dialog = page.getByRole("dialog", { name: "로그인이 필요해요" });
    await dialog.getByLabel("토큰").fill(token);
    goOn();
    await until(() => [...server.logs.values()].every((log) => log.done));
    server.isUnauthorized = false;
    await dialog.getByRole("button", { name: "로그인", exact: true }).click();
    expect(await finished(page)).toContain("확인해 주세요.");
    expect(await page.locator(".answer").count()).toBe(1);
    expect(await page.locator(".mine").count()).toBe(1);
  }),
);

when("whoever is signed out a second time is asked a second time", () =>
  inPage(browser, "signed-out-twice", {}, async (page) => {
    const { scene, goOn } = inTwoHalves();
    server.scene = scene;
    await open(page);
    await ask(page, "페트병은?");
    await growing(page, 20);
    const dialog = page.getByRole("dialog", { name: "로그인이 필요해요" });
    for (const signature of ["one", "two"]) {
      const connections = () => [...server.connections.values()].flat().length;
      const before = connections();
      server.isUnauthorized = true;
      server.cutAll();
      await dialog.getByLabel("토큰").fill(`aaa.bbb.${signature}`);
      server.isUnauthorized = false;
      await dialog.getByRole("button", { name: "로그인", exact: true }).click();
      await until(() => connections() > before);
    }
    goOn();
    expect(await finished(page)).toContain("확인해 주세요.");
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
    server.scene = answers(longAnswer.repeat(4), slow);
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
