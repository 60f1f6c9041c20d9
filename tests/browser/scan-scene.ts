import { drawCharacter } from "../../gateway/images/art/draw.ts";

const catalogue = [
  ["이코", "기본", "함께 분리배출해요!", undefined],
  ["페이피", "종이류", "테이프는 떼고 접어 주세요.", "종이"],
  ["팩토리", "종이팩류", "헹구고 말려서 따로!", "종이팩"],
  ["페티", "페트병류", "라벨을 떼면 더 멀리 가요.", "무색페트병"],
  ["플리", "플라스틱류", "펌프는 빼고 만나요.", "플라스틱류"],
  ["비니", "비닐류", "깨끗한 비닐만 반가워요.", "비닐류"],
  ["폼이", "스티로폼류", "테이프와 라벨은 안녕!", "발포합성수지"],
  ["글래시", "유리류", "뚜껑을 열고 헹궈 주세요.", "유리병"],
  ["메탈리", "금속류", "납작하게 눌러 주세요.", "금속류"],
  ["코튼", "의류", "깨끗하면 다시 입을 수 있어요.", "의류및원단"],
  ["배리", "전지류", "전용 수거함에 부탁해요.", "전지"],
  ["라이티", "조명류", "깨지지 않게 감싸 주세요.", "조명제품"],
  ["일렉", "전자제품", "무상 수거를 불러 주세요.", "전기전자제품"],
] as const;

interface Scene {
  /** What the scan ends with. */
  result: Record<string, unknown>;
  /** Pause before each stage is done. */
  stageMs: number;
  /** The line breaks after this many events. */
  cutAfter: number;
  readonly uploads: { type: string | null; bytes: number; authorization: string | null }[];
  readonly scans: { body: Record<string, unknown> }[];
}

const job = "7d0f4a52-6a4e-4c34-9f57-0a6f3a1c9b11";
const key = `scan/${"0".repeat(32)}.png`;

export const goodResult = {
  task_id: job,
  status: "completed",
  message: "",
  error: null,
  pipeline_result: {
    classification_result: {
      classification: {
        major_category: "재활용폐기물",
        middle_category: "무색페트병",
        minor_category: "생수병",
      },
    },
    disposal_rules: {},
    final_answer: {
      disposal_steps: {
        단계1: "내용물을 비우고 물로 헹궈요.",
        단계2: "라벨을 떼어 비닐류로 내놓아요.",
        단계3: null,
        단계10: "무색 페트병 전용 수거함에 넣어요.",
        단계4: "찌그러뜨리고 뚜껑을 닫아요.",
      },
      insufficiencies: [] as string[],
      user_answer: "투명한 생수병이에요. 라벨만 떼면 새 병으로 다시 태어나요.",
    },
  },
  reward: {
    name: "페티",
    dialog: "라벨을 떼면 더 멀리 가요.",
    match_reason: "무색페트병>생수병",
    type: "페트병류",
  },
};

/** Plays photos, scans and characters as the gateway does. */
export function playScans() {
  const scene: Scene = {
    result: goodResult,
    stageMs: 300,
    cutAfter: Infinity,
    uploads: [],
    scans: [],
  };
  let doneAt = Infinity;
  async function answer(request: Request): Promise<Response | undefined> {
    const { pathname } = new URL(request.url);
    const path = pathname.replace("/api/v1", "");
    const art = /^\/images\/_cdn\/character\/(\w+)\.png$/.exec(path)?.[1];
    if (art)
      return new Response((await drawCharacter(art)) ?? null, {
        headers: { "content-type": "image/png" },
      });
    if (path === "/images/scan" || path === "/images/chat") {
      const { content_type } = (await request.json()) as { content_type?: string };
      if (!content_type)
        return Response.json({ code: "VALIDATION_ERROR", detail: "" }, { status: 422 });
      const place = {
        upload_url: `/api/v1/images/_upload/${key}`,
        cdn_url: `${new URL(request.url).origin}/api/v1/images/_cdn/${key}`,
      };
      return Response.json({
        key,
        ...place,
        expires_in: 900,
        required_headers: { "Content-Type": content_type },
      });
    }
    if (path.startsWith("/images/_upload/")) {
      const bytes = (await request.arrayBuffer()).byteLength;
      const { headers } = request;
      scene.uploads.push({
        type: headers.get("content-type"),
        bytes,
        authorization: headers.get("authorization"),
      });
      return new Response();
    }
    if (path === "/scan") {
      scene.scans.push({ body: (await request.json()) as Record<string, unknown> });
      doneAt = Date.now() + scene.stageMs * 5;
      return Response.json({
        job_id: job,
        stream_url: `/api/v1/scan/${job}/events`,
        result_url: `/api/v1/scan/${job}/result`,
        status: "queued",
      });
    }
    if (path === `/scan/${job}/events`) return events();
    if (path === `/scan/${job}/result`) {
      if (Date.now() >= doneAt) return Response.json(scene.result);
      return Response.json(
        { status: "processing" },
        { status: 202, headers: { "retry-after": "2" } },
      );
    }
    if (path === "/character/catalog")
      return Response.json(
        catalogue.map(([name, type, dialog, match]) => ({ name, type, dialog, match })),
      );
    if (path === "/users/me/characters") {
      const owned = catalogue.filter((_, i) => [0, 1, 3, 8].includes(i));
      return Response.json(
        owned.map(([name, type, dialog], i) => ({
          id: String(i),
          code: name,
          name,
          type,
          dialog,
          acquired_at: `2026-11-0${i + 1}T09:00:00+00:00`,
        })),
      );
    }
    return undefined;
  }
  function events(): Response {
    const encoder = new TextEncoder();
    const all = ["queued", "vision", "rule", "answer", "reward", "done"].flatMap((stage) =>
      ["started", "completed"].map((status) => ({ stage, status })),
    );
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        for (const [i, { stage, status }] of all.entries()) {
          if (i >= scene.cutAfter) break;
          if (status === "completed" && stage !== "queued") await Bun.sleep(scene.stageMs);
          const data = JSON.stringify({ job_id: job, stage, status, seq: i, ts: "1" });
          controller.enqueue(encoder.encode(`id: 1-${i}\nevent: ${stage}\ndata: ${data}\n\n`));
        }
        doneAt = Math.min(doneAt, Date.now() + (scene.cutAfter < Infinity ? 500 : 0));
        controller.close();
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }
  return { scene, answer };
}
