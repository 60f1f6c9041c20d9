import { texts } from "../texts.ts";

export function Thinking({ text }: { text?: string }) {
  return (
    <p class="thinking">
      <i />
      <i />
      <i />
      <span>{text ?? texts.value.thinking}</span>
    </p>
  );
}
