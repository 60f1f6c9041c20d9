import type { MadeImage } from "../../apis/image-bytes.ts";
import type { ImageMaker } from "../../apis/openai-images.ts";
import { dataOf } from "../api-failure.ts";
import { plain } from "../plain-text.ts";
import type { Service } from "../run-context.ts";

/** Keeps a picture and gives its address: bytes never enter state, events or logs. */
export type ImageStore = (image: MadeImage, owner: string, signal: AbortSignal) => Promise<string>;

/** Draws what was asked for and stores it. */
export function drawImage(make: ImageMaker, store: ImageStore): Service {
  return async (query, signal) => {
    const prompt = `분리배출을 알리는 밝고 친근한 그림. 글자는 넣지 않는다. 요청: ${plain(query.text, 1000)}`;
    const image = dataOf(await make({ prompt }, signal));
    if (!image) return undefined;
    const url = await store(image, query.job.user_id, signal);
    return { title: "만든 그림", lines: [`![만든 그림](${url})`] };
  };
}
