import { expect, test } from "bun:test";
import { systemClock } from "../../shared/clock.ts";
import { withoutAskedBin } from "./asked-bin.ts";
import { bulkyItems } from "./bulky-items.ts";
import { createTools } from "./tools.ts";

const { retrieval } = createTools(systemClock);
const read = (message: string) => withoutAskedBin(message, retrieval.find(message));

test.each([
  ["영수증은 종이로 버리면 되나요?", ["감열지영수증"], "no"],
  ["과자봉지 비닐이야?", ["과자봉지"], "yes"],
  ["초록색 페트병은 투명페트병함에 넣어?", ["유색페트병"], "no"],
  ["베개도 의류수거함에 넣어도 되나요?", ["베개"], "no"],
  ["칫솔도 플라스틱인가요?", ["칫솔"], "no"],
  ["바나나 껍질은 음식물 쓰레기인가요?", ["수박껍질"], "yes"],
  ["멜라민 그릇도 플라스틱이에요?", ["멜라민그릇"], "no"],
  ["텀블러는 캔이에요 일반쓰레기예요?", ["텀블러"], undefined],
] as const)("%s supposes a bin, and is about %j: %s", (message, names, asked) => {
  const found = read(message);
  expect(found.findings.map(({ item }) => item?.name)).toEqual([...names]);
  expect(found.asked).toBe(asked);
});

test.each(["페트병이랑 캔 버리는 법", "종이 버리는 법", "페트병 뚜껑 따로 버려?"])(
  "%s supposes none",
  (message) => {
    expect(read(message)).toEqual({ findings: retrieval.find(message), asked: undefined });
  },
);

test.each([
  ["이불은 의류수거함에 넣어도 되나", ["이불"]],
  ["매트리스 스티커 안 붙이면 어떻게 돼", ["매트리스"]],
  ["책상이랑 의자 내놓으려고요", ["책상", "의자"]],
] as const)("of %s only %j is large", (message, names) => {
  const large = bulkyItems(message, retrieval.find(message));
  expect(large.map(({ item }) => item?.name)).toEqual([...names]);
});
