import { useState } from "preact/hooks";
import { photoTypes } from "../state/upload.ts";
import { Icon } from "../view/icons.tsx";
import { ScanResult } from "./scan-result.tsx";
import { pick, picked, runScan, said, scan, startOver } from "./scan-state.ts";
import { failureText, texts } from "./texts.ts";
import { stages } from "./wire.ts";

export function ScanView() {
  const now = scan.value;
  return (
    <section class="scan" data-phase={now.phase}>
      {now.phase === "none" ? <PhotoPicker /> : null}
      {now.phase === "picked" || now.phase === "failed" ? <Picked /> : null}
      {now.phase === "running" ? <Running {...now} /> : null}
      {now.phase === "done" ? <ScanResult result={now.result} /> : null}
    </section>
  );
}

function PhotoPicker() {
  const t = texts.value;
  const [isOver, setOver] = useState(false);
  return (
    <label
      class="drop"
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        pick(event.dataTransfer?.files[0]);
      }}
    >
      <span class="drop-mark">
        <Icon name="scan" />
      </span>
      <strong>{t.lead}</strong>
      <span class="drop-body">{t.leadBody}</span>
      <span class="button">{t.pick}</span>
      <small>{t.drop}</small>
      <FileInput label={t.pick} />
    </label>
  );
}

function FileInput({ label }: { label: string }) {
  return (
    <input
      type="file"
      class="sr-only"
      accept={photoTypes}
      aria-label={label}
      onChange={(event) => {
        const file = event.currentTarget.files?.[0];
        if (file) pick(file);
      }}
    />
  );
}

function Photo({ isLive }: { isLive: boolean }) {
  return (
    <div class="scan-photo" data-live={isLive}>
      <img src={picked.value?.url} alt={texts.value.photo} />
    </div>
  );
}

function Picked() {
  const t = texts.value;
  const now = scan.value;
  return (
    <form
      class="scan-form"
      onSubmit={(event) => {
        event.preventDefault();
        void runScan();
      }}
    >
      <Photo isLive={false} />
      {now.phase === "failed" ? (
        <div class="scan-failed" role="alert">
          <strong>{t.failed}</strong>
          <p>{failureText(now.code)}</p>
        </div>
      ) : null}
      <label class="field">
        {t.say}
        <input
          value={said.value}
          maxLength={200}
          placeholder={t.sayExample}
          onInput={(event) => (said.value = event.currentTarget.value)}
        />
      </label>
      <div class="scan-buttons">
        <label class="button quiet">
          {t.other}
          <FileInput label={t.other} />
        </label>
        <button type="submit" class="button">
          {now.phase === "failed" ? t.retry : t.go}
        </button>
      </div>
    </form>
  );
}

interface RunningProps {
  readonly isUploading: boolean;
  readonly completed: readonly string[];
}

function Running({ isUploading, completed }: RunningProps) {
  const t = texts.value;
  const at = isUploading ? undefined : stages.find((stage) => !completed.includes(stage));
  return (
    <div class="scan-running">
      <Photo isLive />
      <ol class="scan-stages" aria-busy="true">
        {stages.map((stage) => {
          const state = completed.includes(stage) ? "done" : stage === at ? "now" : "open";
          return (
            <li key={stage} data-state={state} aria-current={state === "now" ? "step" : undefined}>
              <i>{state === "done" ? <Icon name="check" /> : null}</i>
              {t.stages[stage]}
            </li>
          );
        })}
      </ol>
      <p class="sr-only" role="status">
        {at === undefined ? t.uploading : t.stages[at]}
      </p>
      <button type="button" class="text-button" onClick={startOver}>
        {t.other}
      </button>
    </div>
  );
}
