import { expect, test } from "bun:test";
import { jobEnvelope } from "../shared/contract/job.ts";
import { parseDelivery } from "./parse-delivery.ts";
import { newJob } from "./testing/jobs.ts";

const job = newJob();
const envelope = jobEnvelope(job);
const parse = (data: unknown) => parseDelivery(new TextEncoder().encode(JSON.stringify(data)));

test("fields we do not know are dropped, missing options get their defaults", () => {
  const { image_url: _image, interactive: _interactive, ...older } = job;
  const kwargs = { ...older, from_the_future: 1 };
  expect(parse({ ...envelope, kwargs, priority: 9 })).toEqual({
    word: "job",
    job,
    trace: undefined,
  });
});

test("where the request came from is read from the labels, nonsense is left out", () => {
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const trace = { traceId: "a".repeat(32), spanId: "b".repeat(16), isSampled: true };
  expect(parse({ ...envelope, labels: { traceparent } })).toMatchObject({ trace });
  expect(parse({ ...envelope, labels: { traceparent: "x" } })).toMatchObject({ trace: undefined });
});

test("a health task is one whatever else it carries", () => {
  expect(parse({ task_name: "chat.health" })).toEqual({ word: "health" });
});

test.each([
  { name: "another task", data: { ...envelope, task_name: "chat.other" }, jobId: job.job_id },
  {
    name: "a missing key",
    data: { task_id: job.job_id, task_name: "chat.process" },
    jobId: job.job_id,
  },
  { name: "only the job's id", data: { kwargs: { job_id: job.job_id } }, jobId: job.job_id },
  { name: "an id that is none", data: { task_id: "x", kwargs: { job_id: 1 } }, jobId: undefined },
  { name: "no object", data: 7, jobId: undefined },
])("$name is malformed, its job read where it can be", ({ data, jobId }) => {
  expect(parse(data)).toEqual({ word: "malformed", jobId });
});

test("bytes that are no UTF-8 and an empty body are malformed", () => {
  expect(parseDelivery(new Uint8Array([0xff]))).toEqual({ word: "malformed", jobId: undefined });
  expect(parseDelivery(null)).toEqual({ word: "malformed", jobId: undefined });
});
