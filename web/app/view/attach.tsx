import { useState } from "preact/hooks";
import { canUpload, photoTypes, upload } from "../state/upload.ts";
import { notify } from "../state/notices.ts";
import { texts } from "../texts.ts";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icons.tsx";
import { Photo } from "./photo.tsx";

export function Attached({ url, onRemove }: { url: string; onRemove: () => void }) {
  const t = texts.value;
  return (
    <div class="attached">
      <Photo url={url} label={t.attached} />
      <span class="attached-url">{url}</span>
      <button
        type="button"
        class="icon-button small"
        aria-label={t.attachRemove}
        onClick={onRemove}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}

export function AttachButton({ onAttach }: { onAttach: (url: string) => void }) {
  const [isOpen, setOpen] = useState(false);
  const t = texts.value;
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label={t.attach}
        onClick={() => {
          setOpen(true);
          void canUpload.ask();
        }}
      >
        <Icon name="image" />
      </button>
      {isOpen ? <AttachDialog onAttach={onAttach} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

interface Props {
  readonly onAttach: (url: string) => void;
  readonly onClose: () => void;
}

function AttachDialog({ onAttach, onClose }: Props) {
  const t = texts.value;
  const [isBad, setBad] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const isOff = canUpload.answer.value === false;
  const take = (url: string) => {
    onAttach(url);
    onClose();
  };
  // not a form of its own: it stands inside the composer's
  const add = (input: HTMLInputElement | null) => {
    const url = input?.value.trim() ?? "";
    const isUrl = /^https?:\/\/\S+$/i.test(url) && URL.canParse(url) && url.length <= 2048;
    setBad(!isUrl);
    if (isUrl) take(url);
  };
  const pick = async (file: File | undefined) => {
    if (!file) return;
    setBusy(true);
    const url = await upload(file);
    setBusy(false);
    if (url === undefined) notify(t.attachFailed);
    else take(url);
  };
  const inputOf = (event: Event) =>
    (event.currentTarget as HTMLElement)
      .closest("dialog")
      ?.querySelector<HTMLInputElement>("[name=url]") ?? null;
  return (
    <Dialog title={t.attach} onClose={onClose}>
      <label class="field">
        {t.attachUrl}
        <input
          name="url"
          autofocus
          type="url"
          inputMode="url"
          placeholder="https://"
          aria-invalid={isBad}
          aria-describedby="attach-hint"
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add(event.currentTarget);
          }}
        />
        <small id="attach-hint" class={isBad ? "field-bad" : ""} role={isBad ? "alert" : undefined}>
          {isBad ? t.attachBad : t.attachUrlHint}
        </small>
      </label>
      <div class="dialog-foot">
        <label class="button quiet file" data-off={isOff}>
          {isBusy ? t.attachUploading : t.attachFile}
          <input
            type="file"
            class="sr-only"
            accept={photoTypes}
            disabled={isOff || isBusy}
            onChange={(event) => void pick(event.currentTarget.files?.[0])}
          />
        </label>
        <button type="button" class="button" onClick={(event) => add(inputOf(event))}>
          {t.attachAdd}
        </button>
      </div>
      {isOff ? <p class="dialog-hint">{t.attachFileOff}</p> : null}
    </Dialog>
  );
}
