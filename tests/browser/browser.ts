import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** Pictures and traces of this run; not in git. */
const artifacts = join(import.meta.dir, "..", "artifacts");

const known = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser"];
const binary = known.find((path) => path !== undefined && existsSync(path));

/** Undefined when there is a browser; else why the tests are skipped. A machine of CI must have one. */
export const noBrowser: string | undefined =
  binary === undefined
    ? "no Chromium: apt-get install chromium fonts-noto-cjk, or set CHROMIUM to its path"
    : undefined;
if (noBrowser !== undefined) {
  if (process.env["CI"] === "1") throw new Error(noBrowser);
  console.warn(`browser tests are skipped: ${noBrowser}`);
}

export async function startBrowser(): Promise<Browser> {
  mkdirSync(artifacts, { recursive: true });
  return chromium.launch({
    executablePath: binary ?? "",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** How long a page may take for anything: a bound for what never comes, on the busiest machine. */
const waitMs = 60_000;

export const wide = { viewport: { width: 1360, height: 860 } };
export const phone = {
  viewport: { width: 390, height: 800 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
};

/**
 * Opens a page of its own and runs a test in it; fails on any error in the page's console. A failed test
 * leaves a trace and a picture.
 */
export async function inPage(
  browser: Browser,
  name: string,
  options: BrowserContextOptions & { readonly allows?: RegExp; readonly isTraced?: boolean },
  act: (page: Page) => Promise<void>,
): Promise<void> {
  const { allows, isTraced = true, ...rest } = options;
  const context = await browser.newContext({ locale: "ko-KR", ...wide, ...rest });
  const page = await context.newPage();
  page.setDefaultTimeout(waitMs);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    const isExpected = /Failed to load resource|net::ERR_/.test(message.text());
    if (message.type() === "error" && !isExpected) problems.push(message.text());
  });
  // a trace records every change of the page: too heavy beside a measurement
  if (isTraced) await context.tracing.start({ screenshots: true, snapshots: true });
  try {
    await act(page);
    const unexpected = problems.filter((problem) => !allows?.test(problem));
    if (unexpected.length > 0) throw new Error(`the page complained: ${unexpected.join("\n")}`);
  } catch (cause) {
    await page.screenshot({ path: join(artifacts, `failed-${name}.png`) }).catch(() => {});
    const path = join(artifacts, `failed-${name}.zip`);
    if (isTraced) await context.tracing.stop({ path }).catch(() => {});
    throw cause;
  } finally {
    await context.close();
  }
}

export async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(artifacts, `${name}.png`), animations: "disabled" });
}

/** Asks the way a person does: writes and presses Enter. */
export async function ask(page: Page, question: string): Promise<void> {
  await page.getByRole("textbox", { name: /물어보세요|Ask/ }).fill(question);
  await page.keyboard.press("Enter");
}

/** Waits until the last answer is finished and returns its text. */
export async function finished(page: Page): Promise<string> {
  const last = page.locator(".answer").last();
  await last.locator(".tools").waitFor();
  return last.locator(".markdown").innerText();
}

/** The text of the last answer once it is at least this long. */
export async function growing(page: Page, chars: number): Promise<string> {
  const last = page.locator(".answer").last().locator(".markdown");
  await page.waitForFunction(
    ({ chars: least }) => {
      const all = document.querySelectorAll<HTMLElement>(".answer .markdown");
      return (all[all.length - 1]?.innerText.length ?? 0) >= least;
    },
    { chars },
  );
  return last.innerText();
}

/** In the page: whatever moves towards an end has come to rest; what pulses for ever is let be. */
export async function whatMovesRests(): Promise<void> {
  const ending = document
    .getAnimations()
    .filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(ending.map(({ finished }) => finished));
}

const axe = Bun.resolveSync("axe-core/axe.min.js", import.meta.dir);

interface AxeWindow {
  axe: {
    run(): Promise<{
      violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[];
    }>;
  };
}

/** What axe-core finds wrong with the page as it is now, and what stands out of it. Needs `bypassCSP`. */
export async function complaints(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.addScriptTag({ path: axe });
  const { violations } = await page.evaluate(() => (window as unknown as AxeWindow).axe.run());
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  return [
    ...violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ""}`),
    ),
    ...(over > 0 ? [`${over}px too wide`] : []),
  ];
}
