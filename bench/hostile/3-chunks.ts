import { resultOf } from "../../tests/client.ts";
import type { BenchFigure, Row } from "../figures/figure.ts";
import { ask, invite, type Pace, type Person } from "../load/fleet.ts";
import { plainText } from "../load/plain.ts";

const manners: readonly (readonly [name: string, pace: Pace & { readonly chars: number }])[] = [
  ["one chunk of 200,000 characters", { think: 100, rate: 1, tokens: 1, chars: 200_000 }],
  ["10,000 chunks of one byte", { think: 100, rate: 5000, tokens: 10_000, chars: 1 }],
  [
    "every byte of the wire a write of its own",
    { think: 100, rate: 100, tokens: 50, chars: 20, isBytewise: true },
  ],
];

interface History {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

/** The stored answer, once it is there. */
async function storedAnswer({ client, chat }: Person): Promise<string | undefined> {
  for (const untilMs = performance.now() + 30_000; performance.now() < untilMs;) {
    const { messages } = await client.json<History>(`/api/v1/chat/${chat}`);
    const answer = messages.find(({ role }) => role === "assistant");
    if (answer) return answer.content;
    await Bun.sleep(20);
  }
  return undefined;
}

/** However a model cuts its answer: reader, ending and row have it, character for character. */
export const oddChunks: BenchFigure = {
  number: 3,
  title: "A model that answers in one huge chunk, or in thousands of tiny ones",
  async run(bench) {
    const fleet = await bench.fleet({ workers: 1 });
    const people = await invite(fleet, manners.length);
    const rows: Row[] = [];
    for (const [i, [name, pace]] of manners.entries()) {
      const person = people[i];
      if (!person) throw new Error("nobody came");
      const expected = plainText(pace.tokens, pace.chars);
      const startedAt = performance.now();
      const { text, done } = await person.client.read(await ask(person, pace));
      const seconds = (performance.now() - startedAt) / 1000;
      const texts = [text, String(resultOf(done)["answer"]), await storedAnswer(person)];
      const different = texts.filter((one) => one !== expected).length;
      rows.push(
        {
          name: `${name}: texts that differ (reader, ending, row)`,
          value: different,
          unit: "",
          atMost: 0,
        },
        { name: `${name}: from the POST to the ending`, value: seconds, unit: "s" },
      );
      bench.say(`${name}: ${different} of 3 differ, ${seconds.toFixed(2)} s`);
    }
    const differ = rows.filter(({ atMost, value }) => atMost !== undefined && value > 0);
    if (differ.length > 0) throw new Error(`a text differs: ${differ[0]?.name}`);
    return { rows, charts: [], notes: [] };
  },
};
