import { language } from "../state/settings.ts";
import { topology } from "../state/topology.ts";
import { stageText } from "../texts.ts";

/** A node's name as the server tells it, else as the page knows it. */
export function nodeName(id: string): string {
  const node = topology.value?.nodes.find((one) => one.id === id);
  if (!node) return stageText(id);
  return language.value === "ko" ? node.label_ko : node.label_en;
}
