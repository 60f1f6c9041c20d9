import { openStreams } from "./curves/1-streams.ts";
import { tokensPerSecond } from "./curves/2-tokens.ts";
import { readersOfAJob } from "./curves/3-readers-of-a-job.ts";
import { historyLength } from "./curves/4-history.ts";
import { chatsOfAUser } from "./curves/5-chats.ts";
import { listed, type Sections, sectionsFlags } from "./sections.ts";

/** How the costs grow. */
export const curves: Sections = {
  command: "curves",
  figures: [openStreams, tokensPerSecond, readersOfAJob, historyLength, chatsOfAUser],
  page: {
    title: "How the costs grow",
    file: "CURVES.md",
    json: "curves.json",
    chart: "curve",
    maker: "bun run bench curves",
    about: [
      "A cost *bends* at the first place from which on it stays above twice its least before. Every stream's text was compared with its " +
        "answer's hash. The load runs on the same machine and takes its share of it. The figures with bars: [RESULTS.md](RESULTS.md).",
    ],
  },
};

export const curvesUsage = `curves ${sectionsFlags}
          how the costs grow, and where they bend (≤ 12 minutes on a quiet machine); writes CURVES.md:
${listed(curves.figures)}`;
