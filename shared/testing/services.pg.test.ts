import { expect, test } from "bun:test";
import postgres from "postgres";
import { checkSchema } from "../migrations/migrate.ts";
import { describeWith, testDatabase } from "./services.ts";

describeWith("postgres")("testDatabase", () => {
  test("gives each caller a migrated database of its own, also ten at once", async () => {
    const databases = await Promise.all(Array.from({ length: 10 }, () => testDatabase()));
    expect(new Set(databases.map(({ url }) => url)).size).toBe(10);
    for (const { url, drop } of databases) {
      const sql = postgres(url, { max: 1, onnotice: () => {} });
      await checkSchema(sql);
      await drop(); // also while a connection is open
      await sql.end({ timeout: 1 });
    }
  });
});
