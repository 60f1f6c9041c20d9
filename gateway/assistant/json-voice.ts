import type { LocalError, Voice } from "./voice.ts";

const sentences: Readonly<Record<LocalError, string>> = {
  bad_payload: 'send {"message": "…", "session_id"?: "…"}',
  empty_message: "the message is empty",
  busy: "a turn is running",
  session_busy: "another turn of this session is running",
  rate_limited: "too many messages",
  llm_unavailable: "the model does not answer",
  timeout: "the answer takes too long; it will be in the session",
  cancelled: "the turn was cancelled",
  internal: "something went wrong",
};

/** Frames with a type each. */
export function jsonVoice(send: (text: string) => void): Voice {
  let seq = 0;
  const say = (frame: Readonly<Record<string, unknown>>) => send(JSON.stringify(frame));
  return {
    begin(sid) {
      seq = 0;
      say({ type: "session", session_id: sid });
    },
    stage: ({ stage, status, progress }) => say({ type: "stage", stage, status, progress }),
    token: (content) => say({ type: "token", seq: ++seq, content }),
    reset: (content) => say({ type: "reset", content }),
    done(reply, jobId) {
      say({ type: "done", reply, job_id: jobId });
      return true;
    },
    error: (code, message = sentences[code]) => say({ type: "error", code, message }),
    close() {},
  };
}
