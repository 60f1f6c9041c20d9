import { Client } from "../tests/client.ts";
import { Photographer } from "../tests/photographer.ts";
import { seeingModel } from "../tests/seeing-model.ts";
import { startStack } from "../tests/stack.ts";
import { type Figure, isMet, percentile, table } from "./figures.ts";

const rounds = 60;
/** The first ones compile and connect. */
const warmUps = 5;
const stages = ["vision", "rule", "answer", "reward"] as const;

/**
 * What a scan costs beyond its model: a fresh stack, and a model over HTTP that answers at once. From the POST to
 * hearing `done`, one after the other; the picture is read from our own store. True when the bar is met.
 */
export async function scan(): Promise<boolean> {
  const model = seeingModel();
  const env = { OPENAI_API_KEY: "k", OPENAI_BASE_URL: model.baseUrl };
  const stack = await startStack([], env).catch(async (cause: unknown) => {
    await model.stop();
    throw cause;
  });
  try {
    // one person alone would meet the limits of one person
    const newPerson = () => new Photographer(stack.file(), new Client(stack.file()));
    const picture = await newPerson().upload();
    const samples: number[] = [];
    const byStage = new Map(stages.map((stage) => [stage, [] as number[]]));
    for (let i = 0; i < warmUps + rounds; i++) {
      const { ms, result } = await newPerson().scan(picture);
      if (result["status"] !== "completed" || result["reward"] === null)
        throw new Error("the scan is not what it should be");
      if (i < warmUps) continue;
      samples.push(ms);
      const took = result["metadata"] as Record<string, number>;
      for (const [stage, all] of byStage) all.push(took[`duration_${stage}_ms`] ?? 0);
    }
    if (model.looks() !== warmUps + rounds) throw new Error("the model was not asked once a scan");
    const figures: Figure[] = [
      { name: "scan beyond the model p50", value: percentile(samples, 0.5), unit: "ms", bar: 60 },
      { name: "scan beyond the model p95", value: percentile(samples, 0.95), unit: "ms", bar: 60 },
      ...[...byStage].map(([stage, all]) => ({
        name: `stage ${stage} p50`,
        value: percentile(all, 0.5),
        unit: "ms",
        bar: undefined,
      })),
    ];
    console.log(`${rounds} scans, each with its character\n`);
    console.log(table(figures));
    return figures.every(isMet);
  } finally {
    await stack.stop();
    await model.stop();
  }
}
