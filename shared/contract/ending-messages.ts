import type { JobErrorCode } from "./event.ts";

/** Texts for people, in the product's language; readers get the code beside them. */
export const endingMessages: Record<JobErrorCode, string> = {
  CANCELLED: "요청에 따라 답변을 멈췄어요.",
  TIMEOUT: "답변 시간이 너무 길어져 멈췄어요. 다시 시도해 주세요.",
  ATTEMPTS_EXHAUSTED: "여러 번 시도했지만 답변을 만들지 못했어요. 잠시 뒤 다시 시도해 주세요.",
  BAD_JOB: "요청을 처리할 수 없어요. 내용을 바꿔 다시 보내 주세요.",
  MODEL_FAILED: "답변 모델이 응답하지 않아요. 잠시 뒤 다시 시도해 주세요.",
  NODE_FAILED: "필요한 정보를 가져오지 못했어요. 잠시 뒤 다시 시도해 주세요.",
  ANSWER_TOO_LARGE: "답변이 너무 길어 끝까지 만들 수 없었어요.",
  SESSION_BUSY: "같은 대화에서 다른 답변을 만드는 중이에요. 끝난 뒤 다시 보내 주세요.",
  STREAM_FULL: "지금 이용자가 많아 답변을 마치지 못했어요. 잠시 뒤 다시 시도해 주세요.",
  INTERNAL: "답변을 만드는 중 문제가 생겼어요. 잠시 뒤 다시 시도해 주세요.",
};
