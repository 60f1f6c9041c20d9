import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { sendMessage, stopAnswer } from "../state/conversation.ts";
import { notify } from "../state/notices.ts";
import { model, models, readStored, store } from "../state/settings.ts";
import { texts } from "../texts.ts";
import { AttachButton, Attached } from "./attach.tsx";
import { composerId } from "./focus.ts";
import { Icon } from "./icons.tsx";
import { liveTurn } from "./line-pill.tsx";

const maxChars = 10_000;
/** What is being written outlives a reload and a sign-in. */
const draft = signal(readStored("session", "draft") ?? "");
const photo = signal<string | undefined>(undefined);

export function Composer() {
  const t = texts.value;
  const turn = liveTurn();
  const over = Array.from(draft.value).length - maxChars;
  const isReady = (draft.value.trim() !== "" || photo.value !== undefined) && over <= 0;
  useEffect(() => store("session", "draft", draft.value), [draft.value]);

  const send = () => {
    if (!isReady) return;
    const text = draft.value.trim() === "" ? t.imageOnly : draft.value.trim();
    const image = photo.value;
    draft.value = "";
    photo.value = undefined;
    void sendMessage(text, image);
  };
  const stop = async () => {
    if (turn && !(await stopAnswer(turn.jobId))) notify(t.stopFailed);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Enter also ends a Korean syllable that is still being composed
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {photo.value === undefined ? null : (
        <Attached url={photo.value} onRemove={() => (photo.value = undefined)} />
      )}
      <textarea
        id={composerId}
        rows={1}
        value={draft.value}
        placeholder={t.placeholder}
        aria-label={t.placeholder}
        aria-describedby="composer-hint"
        enterkeyhint="send"
        onInput={(event) => (draft.value = event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <div class="composer-row">
        <AttachButton onAttach={(url) => (photo.value = url)} />
        <select
          class="model-pick"
          aria-label={t.model}
          value={model.value}
          onChange={(event) => (model.value = event.currentTarget.value)}
        >
          {models.map((one) => (
            <option key={one} value={one}>
              {t.models[one]}
            </option>
          ))}
        </select>
        <span class="composer-hint" id="composer-hint" data-bad={over > 0}>
          {over > 0 ? t.tooLong(over) : t.sendHint}
        </span>
        {turn ? (
          <button
            type="button"
            class="round stop"
            aria-label={t.stop}
            disabled={turn.isStopping.value}
            onClick={() => void stop()}
          >
            <Icon name="stop" />
          </button>
        ) : null}
        {turn && !isReady ? null : (
          <button type="submit" class="round" aria-label={t.send} disabled={!isReady}>
            <Icon name="send" />
          </button>
        )}
      </div>
    </form>
  );
}
