import { useState } from "preact/hooks";
import type { HumanInput, Place } from "../../client/wire.ts";
import type { Question } from "../run/run.ts";
import { notify } from "../state/notices.ts";
import { askPlace } from "../state/place.ts";
import { client, codeOf, isRefused } from "../state/session.ts";
import type { Turn } from "../state/turns.ts";
import { failureText, texts } from "../texts.ts";
import { Icon } from "./icons.tsx";
import { useNow } from "./line-pill.tsx";

/** City halls, in the order of `texts.cities`: for whoever will not or cannot tell their place. */
const cityHalls: readonly Place[] = [
  { latitude: 37.5663, longitude: 126.9779 },
  { latitude: 35.1798, longitude: 129.075 },
  { latitude: 35.8714, longitude: 128.6014 },
  { latitude: 37.4563, longitude: 126.7052 },
  { latitude: 35.1601, longitude: 126.8514 },
  { latitude: 36.3504, longitude: 127.3845 },
  { latitude: 35.5396, longitude: 129.3115 },
  { latitude: 36.4801, longitude: 127.289 },
  { latitude: 33.4996, longitude: 126.5312 },
];

/** The job waits for a person: the question, the answers, and how long it still waits. */
export function AskCard({ turn, question }: { turn: Turn; question: Question }) {
  const t = texts.value;
  const now = useNow(true);
  const [isSending, setSending] = useState(false);
  const [isDenied, setDenied] = useState(false);
  const left = Math.max(0, Math.ceil((question.untilMs - now) / 1000));

  const answer = async (input: HumanInput) => {
    setSending(true);
    try {
      await client.input(turn.jobId, input);
    } catch (error) {
      setSending(false);
      if (codeOf(error) === "JOB_NOT_WAITING") return notify(t.askLate);
      if (!isRefused(error)) notify(failureText(codeOf(error)));
    }
  };
  const sendPlace = (place: Place) => answer({ type: "location", data: { ...place } });
  const allow = async () => {
    setSending(true);
    const place = await askPlace();
    setSending(false);
    setDenied(place === undefined);
    if (place) await sendPlace(place);
  };

  return (
    <section class="ask" aria-label={t.askTitle}>
      <h2>
        <Icon name="pin" />
        {t.askTitle}
        <small>{t.askLeft(left)}</small>
      </h2>
      <p>{question.message || t.askLocation}</p>
      {isDenied ? <p role="alert">{t.askDenied}</p> : null}
      <div class="ask-answers">
        {question.inputType === "location" ? (
          <>
            <button type="button" class="button" disabled={isSending} onClick={() => void allow()}>
              {t.askAllow}
            </button>
            <select
              aria-label={t.askCity}
              disabled={isSending}
              value=""
              onChange={(event) => {
                const place = cityHalls[Number(event.currentTarget.value)];
                if (place) void sendPlace(place);
              }}
            >
              <option value="">{t.askCity}</option>
              {t.cities.map((city, index) => (
                <option key={city} value={index}>
                  {city}
                </option>
              ))}
            </select>
          </>
        ) : null}
        {question.inputType === "confirmation"
          ? [true, false].map((confirmed) => (
              <button
                key={String(confirmed)}
                type="button"
                class={confirmed ? "button" : "button quiet"}
                disabled={isSending}
                onClick={() => void answer({ type: "confirmation", data: { confirmed } })}
              >
                {confirmed ? t.askYes : t.askNo}
              </button>
            ))
          : null}
        {question.inputType === "selection"
          ? question.options.map((value) => (
              <button
                key={value}
                type="button"
                class="button quiet"
                disabled={isSending}
                onClick={() => void answer({ type: "selection", data: { value } })}
              >
                {value}
              </button>
            ))
          : null}
        <button
          type="button"
          class="text-button"
          disabled={isSending}
          onClick={() => void answer({ type: "cancel", data: null })}
        >
          {t.askSkip}
        </button>
      </div>
    </section>
  );
}
