// The bare pipe's worker: appends tokens of many answers at a fixed rate, as many in a pipeline as gathered meanwhile.
// Arguments: REDIS URL, JSON of jobs, tokens/s of each, tokens of each. Prints 0 when it begins; ends when all are told.
import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { nowMs, stampToken } from "../load/stamp.ts";
import { floorKeys, floorShards } from "./keys.ts";

const [url = "", jobList = "[]", rateText = "20", tokensText = "200"] = process.argv.slice(2);
const [rate, tokens] = [Number(rateText), Number(tokensText)];
const redis = new Redis(url);
const jobs = (JSON.parse(jobList) as string[]).map((job, i) => ({
  job,
  shard: floorKeys.shard(i % floorShards),
  startAt: nowMs() + Math.random() * (1000 / rate),
  hash: createHash("sha256"),
  sent: 0,
}));
console.log(0);

let isFlying = false;
const timer = setInterval(() => {
  if (isFlying) return;
  const now = nowMs();
  const batch = redis.pipeline();
  for (const one of jobs) {
    const due = Math.min(tokens, Math.floor(((now - one.startAt) * rate) / 1000) + 1);
    for (; one.sent < due;) {
      const content = stampToken();
      one.hash.update(content);
      one.sent += 1;
      const data = JSON.stringify({ stage: "token", seq: 1000 + one.sent, content });
      batch.xadd(
        one.shard,
        "*",
        "job",
        one.job,
        "id",
        `1-${one.sent}`,
        "event",
        "token",
        "data",
        data,
      );
      if (one.sent < tokens) continue;
      const result = { sha256: one.hash.digest("hex"), answer: null };
      const done = JSON.stringify({ stage: "done", result });
      batch.xadd(
        one.shard,
        "*",
        "job",
        one.job,
        "id",
        `1-${tokens + 1}`,
        "event",
        "done",
        "data",
        done,
      );
    }
  }
  if (batch.length === 0) return;
  isFlying = true;
  void batch.exec().then(() => {
    isFlying = false;
    if (!jobs.every(({ sent }) => sent === tokens)) return;
    clearInterval(timer);
    redis.disconnect();
  });
}, 2);
