import type { JobLog } from "./job-log.ts";

/** How fast a scene plays. */
export interface Pace {
  readonly stageMs: number;
  readonly tokenMs: number;
}

const quick: Pace = { stageMs: 5, tokenMs: 2 };

export const longAnswer = `**투명 페트병**은 라벨만 떼면 거의 다 된 거예요.

1. 남은 음료를 비우고 물로 한 번 헹궈요.
2. 라벨과 뚜껑 고리를 떼요.
3. 찌그러뜨린 뒤 뚜껑을 닫아 **투명 페트병 전용 수거함**에 넣어요.

> 색이 있는 페트병은 플라스틱으로 내놓아요.

| 부분 | 내놓는 곳 |
|------|----------|
| 병 | 투명 페트병 전용 |
| 라벨 | 비닐 |
| 뚜껑 | 플라스틱 |

동네마다 요일이 다르니 [생활폐기물 안내](https://www.me.go.kr)를 확인해 주세요.`;

/** Cuts a text the way a model does: a few characters at a time. */
const tokensOf = (text: string): string[] => text.match(/[\s\S]{1,3}/g) ?? [];

/** A whole run with two branches side by side, cancelled when asked to. */
export function answers(text: string = longAnswer, pace: Pace = quick) {
  return async (log: JobLog): Promise<void> => {
    const wait = (ms: number) => Bun.sleep(ms);
    log.stage("intent", "started", { progress: 5 });
    await wait(pace.stageMs);
    const intents = { intent: "waste", additional_intents: ["collection_point"] };
    log.stage("intent", "completed", { progress: 15, result: intents });
    log.stage("router", "started", { progress: 20 });
    log.stage("router", "completed", { progress: 20 });
    log.stage("waste_rag", "started", { progress: 20 });
    log.stage("collection_point", "started", { progress: 20 });
    await wait(pace.stageMs);
    log.stage("waste_rag", "completed", {
      progress: 40,
      result: { found: true, items: ["페트병"] },
    });
    log.stage("feedback", "started", { progress: 45 });
    await wait(pace.stageMs / 2);
    log.stage("feedback", "completed", { progress: 50 });
    await wait(pace.stageMs / 2);
    log.stage("collection_point", "completed", { progress: 55, result: { found: true, count: 2 } });
    log.stage("aggregator", "started", { progress: 55 });
    log.stage("aggregator", "completed", { progress: 65 });
    log.stage("answer", "started", { progress: 75 });
    await write(log, text, pace);
  };
}

/** Tokens and the end. */
async function write(log: JobLog, text: string, pace: Pace): Promise<void> {
  for (const token of tokensOf(text)) {
    if (log.isCancelled) {
      log.end("cancelled", { error_code: "CANCELLED" });
      log.token("늦게 온 글"); // must not be shown
      return;
    }
    log.token(token);
    await Bun.sleep(pace.tokenMs);
  }
  log.stage("answer", "completed", { progress: 90 });
  log.end("completed", {
    metadata: { model: "local", provider: "local", intents: ["waste", "collection_point"] },
  });
}

/** Asks where the person is, and goes on with whatever comes. */
export async function asksForPlace(log: JobLog): Promise<void> {
  log.stage("intent", "started", { progress: 5 });
  log.stage("intent", "completed", { progress: 15 });
  log.stage("router", "completed", { progress: 20 });
  log.stage("location", "started", { progress: 20 });
  log.stage("needs_input", "waiting", {
    message: "가까운 수거함을 찾으려면 위치가 필요해요.",
    result: { input_type: "location", timeout: 60 },
  });
  log.stage("location", "waiting", { progress: 20 });
  while (log.input === undefined) await Bun.sleep(10);
  const { type } = log.input as { type: string };
  log.stage("location", type === "cancel" ? "skipped" : "resumed", { progress: 30 });
  if (type !== "cancel") log.stage("location", "completed", { progress: 55, result: { count: 3 } });
  log.stage("aggregator", "completed", { progress: 65 });
  log.stage("answer", "started", { progress: 75 });
  await write(
    log,
    type === "cancel" ? "위치 없이 알려 드려요." : "가까운 곳 세 군데를 찾았어요.",
    quick,
  );
}

/** Writes a little, fails. */
export async function fails(log: JobLog): Promise<void> {
  log.stage("intent", "completed", { progress: 15 });
  log.stage("waste_rag", "started", { progress: 20 });
  log.stage("waste_rag", "failed", { progress: 40, result: { error: "timeout" } });
  log.stage("answer", "started", { progress: 75 });
  log.token("반쯤 쓴 ");
  log.token("답변");
  await Bun.sleep(30);
  log.end("failed", { error_code: "MODEL_FAILED", answer: log.text });
}
