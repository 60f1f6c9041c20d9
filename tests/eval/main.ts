// Asks the question set and prints how many answers hold the right facts, per intent. Exit 1 below the bar.
import { parseArgs } from "node:util";
import { Client, resultOf, type Target } from "../client.ts";
import { startStack } from "../stack.ts";
import { askInProcess } from "./in-process.ts";
import {
  type Answered,
  heldOut,
  judge,
  type Judged,
  type Question,
  questions,
  report,
} from "./questions.ts";

const help = `Usage: bun run eval [--in-process] [--model NAME] [--bar 95] [--json FILE]

Asks ${questions.length + heldOut.length} questions and checks the answers for required and forbidden facts.

  --in-process   the agent's offline mode alone, no services
  --model NAME   which model answers (default: the fleet's)
  --bar PERCENT  exit 1 when fewer answers are right (default 95)
  --json FILE    also writes every answer and its faults
  --help         this text

Without --in-process: the fleet at ECO2_BASE_URL, signed for with JWT_SECRET, JWT_ISS and JWT_AUD; where that is
not set, a fleet of its own that is taken down again.`;

const { values: flags } = parseArgs({
  options: {
    "in-process": { type: "boolean", default: false },
    model: { type: "string" },
    bar: { type: "string", default: "95" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const bar = Number(flags.bar);
if (flags.help) {
  console.log(help);
  process.exit(0);
}
if (!(bar >= 0 && bar <= 100)) {
  console.error(`--bar ${flags.bar} is no percentage\n\n${help}`);
  process.exit(2);
}

type Ask = (message: string) => Promise<Answered>;
/** A person asks one thing at a time; this many people ask at once. */
const people = 8;

/**
 * Every question in a chat of its own, by a person of its own: whoever asked them all would meet the limit of jobs at
 * once. A failed job is an empty answer, so it counts as wrong.
 */
function askFleet(target: Target): Ask {
  return async (message) => {
    const client = new Client(target);
    const chat = await client.createChat();
    const job = await client.send(chat, message, flags.model ? { model: flags.model } : {});
    const { done } = await client.read(job);
    const result = resultOf(done);
    const isCompleted = done?.data["status"] === "completed";
    const intent = result["intent"];
    return {
      text: isCompleted && typeof result["answer"] === "string" ? result["answer"] : "",
      intent: isCompleted && typeof intent === "string" ? intent : undefined,
    };
  };
}

async function askAll(ask: Ask): Promise<Judged[]> {
  const judged = new Map<Question, Judged>();
  const waiting = [...questions, ...heldOut];
  const person = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      judged.set(one, judge(one, await ask(one.asks)));
    }
  };
  await Promise.all(Array.from({ length: people }, person));
  return [...questions, ...heldOut].flatMap((one) => judged.get(one) ?? []);
}

async function run(): Promise<Judged[]> {
  if (flags["in-process"]) return askAll(askInProcess());
  const { ECO2_BASE_URL: url, JWT_SECRET: secret, JWT_ISS: iss, JWT_AUD: aud } = process.env;
  if (url) {
    if (!secret || !iss || !aud)
      throw new Error("set JWT_SECRET, JWT_ISS and JWT_AUD of the fleet");
    return askAll(askFleet({ base_url: url, jwt_secret: secret, jwt_iss: iss, jwt_aud: aud }));
  }
  const stack = await startStack([], { CHAT_LOCAL_PACE_MS: "0" });
  try {
    return await askAll(askFleet(stack.file()));
  } finally {
    await stack.stop();
  }
}

const judged = await run();
const unseen = judged.filter(({ question }) => heldOut.includes(question));
if (flags.json) await Bun.write(flags.json, JSON.stringify(judged, null, 2));
console.log(report(judged));
const right = judged.filter(({ faults }) => faults.length === 0).length;
const share = (100 * right) / Math.max(1, judged.length);
const unseenRight = unseen.filter(({ faults }) => faults.length === 0).length;
console.log(`\nheld out from mending: ${unseenRight} of ${unseen.length} right`);
console.log(`${share.toFixed(1)} % right, the bar is ${bar} %`);
process.exit(share >= bar ? 0 : 1);
