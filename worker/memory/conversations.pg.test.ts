import { expect, test } from "bun:test";
import * as v from "valibot";
import { describeWith } from "../../shared/testing/services.ts";
import { memoryRig } from "../testing/memory-rig.ts";
import conversations from "./conversations.yaml";

const Conversations = v.object({
  conversations: v.array(
    v.strictObject({
      name: v.string(),
      turns: v.array(
        v.strictObject({
          says: v.string(),
          means: v.string(),
          answer: v.string(),
          flush: v.optional(v.boolean()),
          restart: v.optional(v.boolean()),
        }),
      ),
    }),
  ),
});
const table = v.parse(Conversations, conversations).conversations;

describeWith("redis", "postgres")("ten turns without a model", () => {
  const rig = memoryRig();

  test("the table is worth its name", () => {
    expect(table.length).toBeGreaterThanOrEqual(6);
    for (const { turns } of table) {
      expect(turns).toHaveLength(10);
      expect(turns.some(({ flush }) => flush)).toBe(true);
      expect(turns.some(({ restart }) => restart)).toBe(true);
    }
  });

  test.each(table)("$name: every turn means what it refers to", async ({ turns }) => {
    const chat = rig.newChat();
    for (const [i, { says, means, answer, flush, restart }] of turns.entries()) {
      if (flush) {
        // every second flush comes before the copy: then the endings in Redis-S fill what is missing
        if (i % 2 === 0) await rig.worker.sync.drain();
        await rig.cp.flushall();
      }
      if (restart) rig.startWorker();
      const turn = await chat.say(says);
      expect(turn.end, says).toBe("ended");
      expect(turn.state?.standalone_message, says).toContain(means);
      expect(turn.answer, says).toContain(answer);
      expect(turn.answer).not.toContain("undefined");
    }
    const memory = await chat.remembered();
    expect(memory?.messages.map(({ role }) => role)).toEqual(
      turns.flatMap(() => ["user", "assistant"] as const),
    );
    expect(
      memory?.messages.filter(({ role }) => role === "user").map((one) => one.content),
    ).toEqual(turns.map(({ says }) => says));
  });
});
