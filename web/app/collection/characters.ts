/** Which drawing stands for a character, by its Korean name: the server names no file. */
const assets: Readonly<Record<string, string>> = {
  이코: "eco",
  페이피: "paper",
  팩토리: "paper_products",
  페티: "pet",
  플리: "plastic",
  비니: "vinyl",
  폼이: "styrofoam",
  글래시: "glass",
  메탈리: "metal",
  코튼: "clothes",
  배리: "battery",
  라이티: "lighting",
  일렉: "monitor",
};

/** Undefined for a name this page does not know yet. */
export function artOf(name: string): string | undefined {
  const asset = assets[name];
  return asset && `/api/v1/images/_cdn/character/${asset}.png`;
}
