import { person } from "../tests/assistant/person.ts";
import { startStack } from "../tests/stack.ts";
import { type Figure, isMet, percentile, table } from "./figures.ts";

const turns = 60;
const warmUps = 5;

/** How soon the assistant's first words come on an idle fleet. True when the bar is met. */
export async function assistant(): Promise<boolean> {
  const stack = await startStack([], {
    LIMIT_ASSISTANT_PER_MINUTE: "10000",
    CHAT_LOCAL_PACE_MS: "0",
  });
  try {
    const me = await person(stack.file());
    const first: number[] = [];
    for (let i = 0; i < warmUps + turns; i++) {
      const sid = `bench-${i}`;
      const { firstMs, frames } = await me.turn(i % 2 ? "안녕!" : "페트병 어떻게 버려?", sid);
      if (frames.at(-1) !== "[DONE]") throw new Error(`turn ${i} ended with ${frames.at(-1)}`);
      if (i >= warmUps) first.push(firstMs);
      await Bun.sleep(520); // two frames a second pass
    }
    me.close();
    const figures: Figure[] = [
      {
        name: "first words after the frame, p50",
        value: percentile(first, 0.5),
        unit: "ms",
        bar: 150,
      },
      {
        name: "first words after the frame, p95",
        value: percentile(first, 0.95),
        unit: "ms",
        bar: undefined,
      },
    ];
    console.log(table(figures));
    return figures.every(isMet);
  } finally {
    await stack.stop();
  }
}
