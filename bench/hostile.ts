import { badReaders } from "./hostile/1-readers.ts";
import { burst } from "./hostile/2-burst.ts";
import { oddChunks } from "./hostile/3-chunks.ts";
import { listed, type Sections, sectionsFlags } from "./sections.ts";

/** Bad input: what must be right whatever comes. */
export const hostile: Sections = {
  command: "hostile",
  figures: [badReaders, burst, oddChunks],
  page: {
    title: "Bad input",
    file: "HOSTILE.md",
    json: "hostile.json",
    chart: "hostile",
    maker: "bun run bench hostile",
    about: [
      "A text that differs fails its section. The figures with bars: [RESULTS.md](RESULTS.md).",
    ],
  },
};

export const hostileUsage = `hostile ${sectionsFlags}
          bad input (about 5 minutes); writes HOSTILE.md:
${listed(hostile.figures)}`;
