/**
 * Rows of a CSV text by the names of its first line: commas or tabs, quotes as RFC 4180 has them. Throws for a quote that
 * never closes and for a row with more cells than names.
 */
export function readCsv(text: string): Record<string, string>[] {
  const lines = cellsOf(text.replace(/^\uFEFF/, ""));
  const [names, ...rows] = lines.filter((cells) => cells.some((cell) => cell.trim() !== ""));
  if (!names) return [];
  const columns = names.map((name) => name.trim());
  return rows.map((cells, i) => {
    if (cells.slice(columns.length).some((cell) => cell.trim() !== "")) {
      throw new Error(`row ${i + 1} has ${cells.length} cells for ${columns.length} columns`);
    }
    return Object.fromEntries(columns.map((name, at) => [name, (cells[at] ?? "").trim()]));
  });
}

function cellsOf(text: string): string[][] {
  const firstLine = text.slice(0, text.search(/[\r\n]|$/));
  const separator = firstLine.includes("\t") && !firstLine.includes(",") ? "\t" : ",";
  const lines: string[][] = [];
  let line: string[] = [];
  let cell = "";
  let isQuoted = false;
  const endCell = () => {
    line.push(cell);
    cell = "";
  };
  const endLine = () => {
    endCell();
    lines.push(line);
    line = [];
  };
  for (let at = 0; at < text.length; at++) {
    const letter = text.charAt(at);
    if (isQuoted) {
      if (letter !== '"') cell += letter;
      else if (text.charAt(at + 1) === '"') cell += text.charAt(at++);
      else isQuoted = false;
    } else if (letter === '"' && cell.trim() === "") {
      cell = "";
      isQuoted = true;
    } else if (letter === separator) endCell();
    else if (letter === "\n") endLine();
    else if (letter !== "\r") cell += letter;
  }
  if (isQuoted) throw new Error(`a quote in row ${lines.length} never closes`);
  if (cell !== "" || line.length > 0) endLine();
  return lines;
}
