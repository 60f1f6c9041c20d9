import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { type RunningStack, startStack } from "../stack.ts";
import type { Topology } from "../../web/client/wire.ts";
import { topologyFixture } from "../../web/testing/topology-fixture.ts";
import { Client } from "../client.ts";
import { until } from "../../shared/testing/until.ts";
import { ask, finished, growing, inPage, noBrowser, shoot, startBrowser } from "./browser.ts";
import { type PageServer, servePage } from "./page-server.ts";
import { plainText, signToken } from "./user.ts";

setDefaultTimeout(240_000);
const when = test.skipIf(noBrowser !== undefined);
let stack: RunningStack;
let browser: Browser;
let site: PageServer;

beforeAll(async () => {
  if (noBrowser !== undefined) return;
  // a pause after each word, so that there is a middle to reload, cut and stop in, also where all else is slow
  stack = await startStack([], { CHAT_LOCAL_PACE_MS: "60" });
  [browser, site] = await Promise.all([startBrowser(), servePage(stack.file().base_url)]);
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await site?.stop();
  await stack?.stop();
}, 120_000);

/** A page of a new user, signed in by the link `up` prints. */
async function enter(page: Page): Promise<Client> {
  const client = new Client(stack.file());
  const token = await signToken(stack.file(), client.user);
  await page.goto(`${site.url}/#token=${token}`);
  await page.locator(".examples").waitFor();
  return client;
}

/** In the page: has it saved a part of an answer? It does so once a second. */
function isAnswerSaved(): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("eco2");
    opening.onerror = () => reject(new Error("no database"));
    opening.onsuccess = () => {
      const all = opening.result.transaction("messages").objectStore("messages").getAll();
      all.onsuccess = () => {
        opening.result.close();
        const saved = all.result as { role: string; held?: { text: string } | null }[];
        resolve(saved.some(({ role, held }) => role === "assistant" && !!held?.text));
      };
    };
  });
}

/** What the server says the chat's messages are. */
async function history(client: Client, page: Page): Promise<{ role: string; content: string }[]> {
  const chat = new URL(page.url()).hash.replace("#/c/", "");
  const found = await client.json<{ messages: { role: string; content: string }[] }>(
    `/api/v1/chat/${chat}`,
  );
  return found.messages;
}

async function answerOf(client: Client, page: Page): Promise<string> {
  return (await history(client, page)).at(-1)?.content ?? "";
}

when("the walk: a link, a question, an answer; the token is nowhere to be seen", async () => {
  await inPage(browser, "walk", {}, async (page) => {
    const client = await enter(page);
    expect(page.url()).not.toContain("token");
    await shoot(page, "fleet-empty");
    await page.getByRole("button", { name: "페트병은 어떻게 버려?" }).click();
    const shown = await finished(page);
    const answer = await answerOf(client, page);
    expect(plainText(shown)).toBe(plainText(answer));
    expect(await page.locator(".mine").count()).toBe(1);
    await page.reload();
    expect(plainText(await finished(page))).toBe(plainText(answer));
    expect(await page.locator(".message").count()).toBe(2);
  });
});

when("two intents light up two branches side by side", async () => {
  await inPage(browser, "branches", {}, async (page) => {
    const client = await enter(page);
    await page.getByRole("button", { name: "실행 보기" }).click();
    await ask(page, "종이 버리는 법이랑 수거함도 알려줘");
    await growing(page, 60);
    await shoot(page, "fleet-run-live");
    await finished(page);
    const drawing = await client
      .json<Topology>("/api/v1/chat/topology")
      .catch(() => topologyFixture);
    const labels = ["waste_rag", "collection_point"].map(
      (id) => drawing.nodes.find((node) => node.id === id)?.label_ko ?? id,
    );
    const done = page.locator(".graph .node[data-state=done]");
    const names = await done.locator("text:first-of-type").allTextContents();
    expect(names).toEqual(expect.arrayContaining(labels));
    const tops = await done
      .filter({ hasText: new RegExp(`^(${labels.join("|")}):`) })
      .evaluateAll((nodes) => nodes.map((node) => Math.round(node.getBoundingClientRect().top)));
    expect(tops).toHaveLength(2);
    expect(new Set(tops).size).toBe(1);
    await shoot(page, "fleet-run-done");
  });
});

when("reloaded in mid-stream, the answer goes on where it was", async () => {
  await inPage(browser, "reload", {}, async (page) => {
    const client = await enter(page);
    const resumed: (string | undefined)[] = [];
    page.on("request", (request) => {
      if (request.url().endsWith("/events")) resumed.push(request.headers()["last-event-id"]);
    });
    await ask(page, "형광등이랑 보조배터리 버리는 법 알려줘");
    await growing(page, 40);
    await page.waitForFunction(isAnswerSaved);
    // the answer stands still meanwhile: however long the page takes, it comes back in its middle
    const { workers } = stack.file().pids;
    for (const pid of workers) process.kill(pid, "SIGSTOP");
    const before = resumed.length;
    try {
      await page.reload();
      await until(() => resumed.length > before, { timeoutMs: 60_000 });
    } finally {
      for (const pid of workers) process.kill(pid, "SIGCONT");
    }
    const shown = await finished(page);
    expect(plainText(shown)).toBe(plainText(await answerOf(client, page)));
    expect(resumed.at(-1)).toMatch(/^\d+-\d+$/);
    expect(await page.locator(".message").count()).toBe(2);
  });
});

when("the line is cut and comes back: the text is equal, nothing comes twice", async () => {
  await inPage(browser, "cut", {}, async (page) => {
    const client = await enter(page);
    await page.getByRole("button", { name: "실행 보기" }).click();
    await ask(page, "페트병이랑 캔이랑 유리병은 어떻게 버려?");
    await growing(page, 30);
    await page.getByRole("button", { name: "연결 끊어 보기" }).click();
    await page.locator(".line-pill[data-state=waiting]").first().waitFor();
    const before = await growing(page, 1);
    await shoot(page, "fleet-cut");
    await page.waitForTimeout(300);
    expect(await growing(page, 1)).toBe(before);
    await page.getByRole("button", { name: "지금 연결" }).click();
    expect(plainText(await finished(page))).toBe(plainText(await answerOf(client, page)));
    expect(await page.locator(".facts").innerText()).toContain("받은 글이 서버와 같아요");
  });
});

when("offline, a line says so, and the answer goes on when the network is back", async () => {
  await inPage(browser, "offline", {}, async (page) => {
    const client = await enter(page);
    await ask(page, "종이팩이랑 스티로폼은 어떻게 버려?");
    await growing(page, 30);
    await page.context().setOffline(true);
    await page.getByText("오프라인이에요").waitFor();
    await shoot(page, "fleet-offline");
    await page.context().setOffline(false);
    expect(plainText(await finished(page))).toBe(plainText(await answerOf(client, page)));
    await page.getByText("오프라인이에요").waitFor({ state: "hidden" });
  });
});

when("opened again without a network, the page is there with what was said", async () => {
  await inPage(browser, "offline-open", {}, async (page) => {
    await enter(page);
    await ask(page, "종이팩은 어떻게 버려?");
    const answer = await finished(page);
    await page.evaluate(async () => void (await navigator.serviceWorker.ready));
    await page.context().setOffline(true);
    await page.reload();
    await page.getByText("오프라인이에요").waitFor();
    expect(await finished(page)).toBe(answer);
    await page.context().setOffline(false);
    await ask(page, "우유팩은?");
    await page.locator(".answer").nth(1).waitFor();
    await finished(page);
  });
});

when("a second tab shows the question and the answer as they come", async () => {
  await inPage(browser, "second-tab", {}, async (page) => {
    await enter(page);
    await ask(page, "안녕!");
    await finished(page);
    const second = await page.context().newPage();
    await second.goto(site.url); // the first tab tells it the token
    await second.locator(".chat-open").first().click();
    await finished(second);
    await ask(page, "우유팩이랑 건전지는 어디에 버려?");
    await page.locator(".answer").nth(1).waitFor();
    await second.locator(".answer").nth(1).waitFor();
    expect(await finished(second)).toBe(await finished(page));
    expect(await second.locator(".message").count()).toBe(4);
  });
});

when("stopped, the answer keeps what was there and says so", async () => {
  await inPage(browser, "stop", {}, async (page) => {
    const client = await enter(page);
    await ask(page, "페트병이랑 캔이랑 유리병이랑 종이는 어떻게 버려?");
    await growing(page, 40);
    await page.getByRole("button", { name: "멈추기" }).click();
    await page.getByText("여기서 멈췄어요").waitFor();
    const shown = await finished(page);
    expect(plainText(shown)).toBe(plainText(await answerOf(client, page)));
    await page.reload();
    await page.getByText("여기서 멈췄어요").waitFor();
    expect(await finished(page)).toBe(shown);
  });
});

when("a chat is renamed and deleted", async () => {
  await inPage(browser, "rename", {}, async (page) => {
    await enter(page);
    await ask(page, "안녕");
    await finished(page);
    await page.getByRole("button", { name: /^이름 바꾸기/ }).click();
    await page.getByLabel("새 이름").fill("<b>우리집</b> 분리배출");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "<b>우리집</b> 분리배출" }).waitFor();
    await page.getByRole("button", { name: /^삭제/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "삭제", exact: true }).click();
    await page.locator(".examples").waitFor();
    expect(await page.locator(".chat-row").count()).toBe(0);
  });
});
