import { afterAll, beforeAll, expect, test } from "bun:test";
import { openPostgres, type Sql } from "../../shared/clients/postgres.ts";
import { newJobId } from "../../shared/contract/ids.ts";
import { describeWith, testDatabase } from "../../shared/testing/services.ts";
import { evaluate } from "./evaluate.ts";
import { saveEval } from "./save-eval.ts";

describeWith("postgres")("grades in PostgreSQL", () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let sql: Sql;
  beforeAll(async () => {
    database = await testDatabase();
    sql = openPostgres(database.url, "test-evals", 1);
  });
  afterAll(async () => {
    await sql?.end({ timeout: 2 });
    await database?.drop();
  });

  test("a job has one row, the first", async () => {
    const finished = {
      jobId: newJobId(),
      provider: "local",
      model: "local",
      intents: ["waste"] as const,
      question: "페트병?",
      sections: [],
      named: [],
      answer: "페트병은 라벨을 떼고 수거함에 내놓아 주세요.",
    };
    const result = await evaluate(finished, undefined, new AbortController().signal);
    await saveEval(sql, finished, result);
    await saveEval(sql, finished, { ...result, grade: "C", score: 1 });
    const rows = await sql`select * from chat.evals where job_id = ${finished.jobId}`;
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ intent: "waste", grade: "S", prompt_version: "grade:1" });
    expect(Number(rows[0]?.["score"])).toBe(result.score);
    expect(rows[0]?.["axes"]).toEqual({ code: result.checks });
  });
});
