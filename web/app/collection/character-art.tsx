import { Leaf } from "../view/icons.tsx";
import { artOf } from "./characters.ts";

export function CharacterArt({ name }: { name: string }) {
  const src = artOf(name);
  if (src === undefined) {
    return (
      <span class="art none">
        <Leaf />
      </span>
    );
  }
  return <img class="art" src={src} alt="" width={192} height={192} decoding="async" />;
}
