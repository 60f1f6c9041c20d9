import { fakeOpenAi } from "./fakes/fake-openai.ts";
import type { FakeServer, SeenRequest } from "./fakes/fake-server.ts";

/** A model that sees a clear bottle in every picture, and says how to throw it away. */
export interface SeeingModel extends FakeServer {
  /** Questions about pictures so far. */
  looks(): number;
  tells(): number;
  /** What it is asked after its next look is never answered. */
  hangAfterLook(): void;
}

const isLook = ({ text }: SeenRequest) => text.includes("사진에 보이는 버릴 물건");
const isTell = ({ text }: SeenRequest) => text.includes("사진으로 찍은 물건을 버리는 방법");

export function seeingModel(
  over: { readonly seen?: object; readonly told?: object } = {},
): SeeingModel {
  const seen = { middle: "무색페트병", item: "생수병", state: [], confidence: 0.95, ...over.seen };
  const told = {
    steps: ["내용물을 비우고 헹구세요.", "라벨을 떼세요.", "무색페트병 수거함에 넣어 주세요."],
    insufficiencies: [],
    user_answer: "비우고 라벨을 떼서 무색페트병 수거함에 넣어 주세요.",
    ...over.told,
  };
  let hangsNext = false;
  const server = fakeOpenAi((request) => {
    if (!isLook(request)) return { text: JSON.stringify(told) };
    if (hangsNext) server.trouble("hang", 1);
    hangsNext = false;
    return { text: JSON.stringify(seen) };
  });
  return {
    ...server,
    looks: () => server.seen.filter(isLook).length,
    tells: () => server.seen.filter(isTell).length,
    hangAfterLook: () => (hangsNext = true),
  };
}
