import { useState } from "preact/hooks";
import { texts } from "../texts.ts";

/** A photo the person chose; its host learns nothing of the page. */
export function Photo({ url, label }: { url: string; label: string }) {
  const [isBroken, setBroken] = useState(false);
  if (!/^https?:\/\//i.test(url)) return null;
  if (isBroken) return <p class="photo-broken">{texts.value.attachFailed}</p>;
  return (
    <img
      class="photo"
      src={url}
      alt={label}
      loading="lazy"
      decoding="async"
      referrerpolicy="no-referrer"
      onError={() => setBroken(true)}
    />
  );
}
