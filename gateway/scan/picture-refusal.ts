import { problemOfImageUrl } from "../http/image-url.ts";

/** Why a picture is not taken: nothing, that it is not ours, or what is wrong with its address. */
export function refusalOf(
  url: string,
  isOwn: (url: string) => boolean,
): { readonly word: "none" | "foreign" } | { readonly word: "bad"; readonly problem: string } {
  if (isOwn(url)) return { word: "none" };
  const problem = problemOfImageUrl(url);
  return problem === undefined ? { word: "foreign" } : { word: "bad", problem };
}
