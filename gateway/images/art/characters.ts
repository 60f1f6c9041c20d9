// The thirteen characters, drawn from simple shapes on 192 x 192 pixels. Keys are the assets of the catalogue.
import { arc, box, ellipse, polygon, type Shape, stroke } from "./shapes.ts";

const ink = "#2b3a35";

/** Eyes, cheeks and a smile around a point. */
function face(cx: number, cy: number, apart = 22): Shape[] {
  const eye = (x: number) => [
    ellipse(x, cy, 7, 9, ink),
    ellipse(x + 2.5, cy - 3.5, 2.6, 2.6, "#ffffff"),
  ];
  const cheek = (x: number) => ellipse(x, cy + 14, 8, 5, "#ff8f8f80");
  return [
    cheek(cx - apart - 12),
    cheek(cx + apart + 12),
    ...eye(cx - apart),
    ...eye(cx + apart),
    stroke(arc(cx, cy + 8, 10, 25, 155), 4.5, ink),
  ];
}

/** Short arms and feet behind a body. */
function limbs(left: number, right: number, y: number, floor: number, colour: string): Shape[] {
  return [
    stroke(
      [
        [left + 6, y],
        [left - 12, y + 14],
      ],
      11,
      colour,
      { edge: ink },
    ),
    stroke(
      [
        [right - 6, y],
        [right + 12, y - 12],
      ],
      11,
      colour,
      { edge: ink },
    ),
    ellipse(82, floor, 13, 8, colour, { edge: ink }),
    ellipse(112, floor, 13, 8, colour, { edge: ink }),
  ];
}

const shine = (x: number, y: number, length: number) =>
  stroke(
    [
      [x, y],
      [x, y + length],
    ],
    6,
    "#ffffff99",
  );

export const drawings = {
  eco: () => [
    ...limbs(46, 146, 118, 172, "#4aa96c"),
    stroke(
      [
        [96, 56],
        [96, 30],
      ],
      6,
      "#3c8f5a",
      { edge: ink },
    ),
    ellipse(76, 26, 22, 11, "#8bd17c", { edge: ink, turn: 22 }),
    ellipse(117, 24, 22, 11, "#6cc06a", { edge: ink, turn: -24 }),
    ellipse(96, 112, 56, 58, "#6fcf97", { edge: ink }),
    ellipse(96, 138, 34, 24, "#c9f2d4"),
    ...face(96, 104),
  ],
  paper: () => [
    ...limbs(50, 142, 118, 176, "#e9dcc3"),
    polygon(
      [
        [54, 30],
        [116, 30],
        [140, 54],
        [140, 164],
        [54, 164],
      ],
      4,
      "#fffaf0",
      { edge: ink },
    ),
    polygon(
      [
        [116, 30],
        [116, 54],
        [140, 54],
      ],
      3,
      "#e3d3b4",
      { edge: ink },
    ),
    stroke(
      [
        [68, 58],
        [102, 58],
      ],
      5,
      "#d8cbb0",
    ),
    stroke(
      [
        [68, 74],
        [124, 74],
      ],
      5,
      "#d8cbb0",
    ),
    stroke(
      [
        [68, 150],
        [126, 150],
      ],
      5,
      "#d8cbb0",
    ),
    ...face(97, 104),
  ],
  paper_products: () => [
    ...limbs(52, 140, 122, 176, "#7fb3f0"),
    box(96, 24, 52, 18, 4, "#5b95dd", { edge: ink }),
    polygon(
      [
        [72, 32],
        [120, 32],
        [138, 66],
        [54, 66],
      ],
      3,
      "#a9cdf7",
      { edge: ink },
    ),
    box(96, 118, 88, 104, 6, "#ffffff", { edge: ink }),
    box(96, 154, 84, 26, 5, "#7fb3f0"),
    ellipse(96, 154, 7, 7, "#ffffff"),
    ...face(96, 102),
  ],
  pet: () => [
    ...limbs(52, 140, 122, 178, "#9fdcf2"),
    box(96, 22, 34, 20, 5, "#3d9be0", { edge: ink }),
    polygon(
      [
        [84, 36],
        [108, 36],
        [130, 66],
        [132, 168],
        [60, 168],
        [62, 66],
      ],
      6,
      "#c8eefb",
      {
        edge: ink,
      },
    ),
    polygon(
      [
        [62, 132],
        [131, 132],
        [131, 167],
        [61, 167],
      ],
      5,
      "#8fd8f2",
    ),
    shine(70, 78, 40),
    ...face(96, 104),
  ],
  plastic: () => [
    ...limbs(48, 144, 124, 178, "#ffc94d"),
    box(96, 50, 20, 26, 4, "#ffffff", { edge: ink }),
    box(104, 26, 58, 18, 8, "#ff9f43", { edge: ink }),
    box(96, 118, 100, 112, 22, "#ffd66b", { edge: ink }),
    box(96, 152, 84, 24, 8, "#fff1c9"),
    shine(58, 86, 30),
    ...face(96, 106),
  ],
  vinyl: () => [
    ...limbs(46, 146, 124, 178, "#c3a6f0"),
    stroke(arc(74, 52, 20, 180, 360), 11, "#b693ea", { edge: ink }),
    stroke(arc(118, 52, 20, 180, 360), 11, "#b693ea", { edge: ink }),
    polygon(
      [
        [46, 56],
        [146, 56],
        [152, 166],
        [40, 166],
      ],
      7,
      "#d9c6f7",
      { edge: ink },
    ),
    stroke(
      [
        [62, 68],
        [58, 90],
      ],
      5,
      "#ffffffaa",
    ),
    stroke(
      [
        [132, 142],
        [136, 158],
      ],
      5,
      "#b693ea",
    ),
    stroke(
      [
        [60, 140],
        [56, 158],
      ],
      5,
      "#b693ea",
    ),
    ...face(96, 106),
  ],
  styrofoam: () => [
    ...limbs(40, 152, 116, 172, "#dfe7ee"),
    box(96, 108, 124, 104, 14, "#f7fafc", { edge: ink }),
    box(96, 50, 136, 28, 9, "#e4ecf3", { edge: ink }),
    ...[
      [48, 80],
      [66, 146],
      [126, 142],
      [146, 84],
      [108, 72],
      [78, 74],
      [96, 148],
      [146, 122],
      [46, 120],
    ].map(([x = 0, y = 0]) => ellipse(x, y, 4.5, 4.5, "#d3dfe9")),
    ...face(96, 106),
  ],
  glass: () => [
    ...limbs(54, 138, 128, 178, "#63c08d"),
    box(96, 20, 30, 16, 4, "#c98f4a", { edge: ink }),
    polygon(
      [
        [86, 30],
        [106, 30],
        [108, 60],
        [130, 84],
        [130, 168],
        [62, 168],
        [62, 84],
        [84, 60],
      ],
      6,
      "#7fd6a4",
      { edge: ink },
    ),
    box(96, 148, 62, 28, 6, "#f6f0dc"),
    shine(69, 92, 30),
    ...face(96, 110, 19),
  ],
  metal: () => [
    ...limbs(50, 142, 118, 174, "#b9c4cd"),
    box(96, 104, 96, 128, 16, "#d7dfe5", { edge: ink }),
    box(96, 145, 94, 24, 2, "#ef6f6c"),
    ellipse(96, 42, 44, 13, "#eef3f6", { edge: ink }),
    ellipse(102, 41, 14, 5, "#a9b5be"),
    shine(60, 74, 46),
    ...face(96, 96),
  ],
  clothes: () => [
    ellipse(80, 174, 13, 8, "#7aa7e8", { edge: ink }),
    ellipse(112, 174, 13, 8, "#7aa7e8", { edge: ink }),
    polygon(
      [
        [70, 36],
        [122, 36],
        [168, 66],
        [150, 100],
        [134, 92],
        [134, 164],
        [58, 164],
        [58, 92],
        [42, 100],
        [24, 66],
      ],
      6,
      "#93bdf5",
      { edge: ink },
    ),
    ellipse(96, 34, 24, 13, "#5f8fd6", { edge: ink }),
    ellipse(96, 30, 18, 9, "#3f6cb0"),
    box(96, 150, 74, 7, 3, "#ffffff"),
    ...face(96, 100, 20),
  ],
  battery: () => [
    ...limbs(54, 138, 122, 178, "#ffb84d"),
    box(96, 26, 36, 20, 5, "#cfd6db", { edge: ink }),
    box(96, 104, 84, 136, 16, "#3e4a52", { edge: ink }),
    box(96, 66, 82, 60, 15, "#ffb84d"),
    polygon(
      [
        [102, 40],
        [84, 66],
        [95, 66],
        [90, 86],
        [110, 58],
        [98, 58],
      ],
      2,
      "#fff6dd",
    ),
    box(96, 122, 74, 62, 16, "#f7f1e3"),
    ...face(96, 114, 18),
  ],
  lighting: () => [
    ...[-60, -30, 0, 30, 60].map((turn) => {
      const angle = (turn * Math.PI) / 180;
      const at = (r: number) => [96 + r * Math.sin(angle), 84 - r * Math.cos(angle)] as const;
      return stroke([at(70), at(80)], 7, "#ffd24d");
    }),
    stroke(
      [
        [54, 108],
        [32, 122],
      ],
      11,
      "#ffe08a",
      { edge: ink },
    ),
    stroke(
      [
        [138, 108],
        [160, 96],
      ],
      11,
      "#ffe08a",
      { edge: ink },
    ),
    polygon(
      [
        [74, 120],
        [118, 120],
        [114, 148],
        [78, 148],
      ],
      5,
      "#ffe9a8",
      { edge: ink },
    ),
    ellipse(96, 88, 52, 50, "#ffe9a8", { edge: ink }),
    box(96, 158, 44, 24, 8, "#b9c4cd", { edge: ink }),
    stroke(
      [
        [78, 158],
        [114, 158],
      ],
      4,
      "#8e9ba5",
    ),
    box(96, 175, 22, 10, 5, "#8e9ba5", { edge: ink }),
    ...face(96, 86),
  ],
  monitor: () => [
    ...limbs(28, 164, 96, 178, "#8d9be0"),
    box(96, 158, 20, 24, 2, "#8d9be0", { edge: ink }),
    box(96, 170, 66, 12, 6, "#a9b5ee", { edge: ink }),
    box(96, 88, 144, 112, 16, "#6f7fd1", { edge: ink }),
    box(96, 84, 122, 86, 10, "#dff4ff"),
    polygon(
      [
        [44, 50],
        [76, 50],
        [44, 86],
      ],
      3,
      "#ffffff",
    ),
    ellipse(96, 136, 4, 4, "#c8f5a8"),
    ...face(96, 80, 24),
  ],
} satisfies Record<string, () => Shape[]>;
