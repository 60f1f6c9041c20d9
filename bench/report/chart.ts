import type { Chart } from "../figures/figure.ts";

const size = { width: 640, height: 320, left: 64, right: 16, top: 40, bottom: 56 };
const colours = ["#2563eb", "#d97706", "#059669", "#dc2626"];

const escape = (text: string) => text.replace(/[&<>]/g, (mark) => `&#${mark.codePointAt(0)};`);
const short = (value: number) =>
  Math.abs(value) >= 10_000 ? `${Math.round(value / 1000)}k` : String(Number(value.toPrecision(3)));

/** A line chart as SVG; readable on light and dark pages, with no script and no font of its own. */
export function drawChart({ title, x, y, series, isLogX = false }: Chart): string {
  const points = series.flatMap((one) => one.points).filter(([, value]) => Number.isFinite(value));
  const xs = points.map(([value]) => value);
  const placeX = (value: number) => (isLogX ? Math.log10(value) : value);
  const [xMin, xMax] = [placeX(Math.min(...xs)), placeX(Math.max(...xs))];
  const yMax = Math.max(...points.map(([, value]) => value), 0) * 1.1 || 1;
  const inner = {
    width: size.width - size.left - size.right,
    height: size.height - size.top - size.bottom,
  };
  const atX = (value: number) =>
    size.left + ((placeX(value) - xMin) / (xMax - xMin || 1)) * inner.width;
  const atY = (value: number) => size.top + (1 - value / yMax) * inner.height;
  const text = (px: number, py: number, content: string, more = "") =>
    `<text x="${px.toFixed(1)}" y="${py.toFixed(1)}" ${more}>${escape(content)}</text>`;
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => {
    const py = atY(share * yMax);
    return [
      `<path d="M${size.left} ${py.toFixed(1)}H${size.width - size.right}" stroke="#8886"/>`,
      text(size.left - 8, py + 4, short(share * yMax), `text-anchor="end"`),
    ];
  });
  const marks = [...new Set(xs)].map((value) =>
    text(atX(value), size.height - size.bottom + 18, short(value), `text-anchor="middle"`),
  );
  const lines = series.flatMap((one, i) => {
    const colour = colours[i % colours.length] ?? "";
    const own = one.points.filter(([, value]) => Number.isFinite(value));
    const path = own.map(([px, py]) => `${atX(px).toFixed(1)},${atY(py).toFixed(1)}`);
    return [
      `<polyline points="${path.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...path.map(
        (at) =>
          `<circle cx="${at.split(",")[0]}" cy="${at.split(",")[1]}" r="3" fill="${colour}"/>`,
      ),
      text(size.left + 8 + i * 140, size.top - 8, `● ${one.name}`, `fill="${colour}"`),
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="system-ui,sans-serif" font-size="12" fill="#888">
${text(size.left, 18, `${title} (${y})`, `font-size="14"`)}
${[...grid, ...marks, ...lines].join("\n")}
${text(size.left + inner.width / 2, size.height - 12, x, `text-anchor="middle"`)}
</svg>
`;
}
