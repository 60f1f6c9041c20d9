import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { LazyView } from "../state/view.ts";
import { texts } from "../texts.ts";
import { Icon } from "./icons.tsx";
import { isDrawerOpen } from "./layout.ts";

/** Each comes when it is first opened. */
const files: Record<LazyView, () => Promise<ComponentType>> = {
  scan: async () => (await import("../scan/scan-view.tsx")).ScanView,
  assistant: async () => (await import("../assistant/assistant-view.tsx")).AssistantView,
  rooms: async () => (await import("../rooms/rooms-view.tsx")).RoomsView,
  collection: async () => (await import("../collection/collection-view.tsx")).CollectionView,
};

/** A view beside the chat: its head, and its own file once it is here. */
export function OtherView({ name }: { name: LazyView }) {
  const [found, setFound] = useState<{ name: LazyView; View: ComponentType } | undefined>(
    undefined,
  );
  useEffect(() => {
    let isWanted = true;
    void files[name]().then((View) => isWanted && setFound({ name, View }));
    return () => void (isWanted = false);
  }, [name]);
  const t = texts.value;
  const isHere = found?.name === name;
  return (
    <>
      <header class="head">
        <button
          type="button"
          class="icon-button drawer-button"
          aria-label={t.menu}
          aria-expanded={isDrawerOpen.value}
          onClick={() => (isDrawerOpen.value = true)}
        >
          <Icon name="menu" />
        </button>
        <h1 class="head-title">{t.views[name]}</h1>
      </header>
      <div class="other" aria-busy={!isHere} tabIndex={0}>
        {isHere ? <found.View /> : null}
      </div>
    </>
  );
}
