import { tokenLatency } from "./figures/1-token-latency.ts";
import { throughput } from "./figures/2-throughput.ts";
import { readerMemory } from "./figures/3-reader-memory.ts";
import { crowds } from "./figures/4-crowd.ts";
import { memory } from "./figures/5-memory.ts";
import { cpu } from "./figures/6-cpu.ts";
import { post } from "./figures/7-post.ts";
import { resume } from "./figures/8-resume.ts";
import { oneJob } from "./figures/9-one-job.ts";
import { readProfile } from "./report/pages.ts";
import { listed, type Sections, sectionsFlags } from "./sections.ts";

/** The figures of the fleet against a bare pipe of the same parts. */
export const full: Sections = {
  command: "full",
  figures: [tokenLatency, throughput, readerMemory, crowds, memory, cpu, post, resume, oneJob],
  page: {
    title: "Results",
    file: "RESULTS.md",
    json: "results.json",
    chart: "figure",
    maker: "bun run bench full",
    about: [
      "Every stream's text was compared with its answer's hash; one that differs fails its figure. Beside it: " +
        "[how the costs grow](CURVES.md), [10⁵ and 10⁶ streams on paper](SCALING.md); bad input is `HOSTILE.md` " +
        "(`bench hostile`), figure 10 is `SOAK.md` (`bench soak`).",
    ],
    profile: readProfile,
  },
};

export const fullUsage = `full ${sectionsFlags}
          the figures of the fleet against a bare pipe of the same parts (≤ 30 minutes on a quiet machine):
${listed(full.figures)}
          --only: these alone
          --quick: a tenth of each size, to see that it runs; its numbers do not count
          --out: where results.json, RESULTS.md and charts/ go (default bench/; of a part or a trial a temporary folder)`;
