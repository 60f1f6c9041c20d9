import { appendFileSync } from "node:fs";

/** Names the file in which the processes of a whole test run note the successes they saw. */
export const answersSeen = "ANSWERS_SEEN_FILE";

const noted = new Set<string>();

export const answerKey = (method: string, path: string, status: number): string =>
  `${method} ${path} ${status}`;

/** Notes a success that was compared with the OpenAPI document, if the run keeps count. */
export function noteAnswer(key: string): void {
  const file = process.env[answersSeen];
  if (file === undefined || noted.has(key)) return;
  noted.add(key);
  appendFileSync(file, `${key}\n`);
}
