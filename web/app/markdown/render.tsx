/** @jsxImportSource preact */
// said here because `bun test` reads the tsconfig of the folder it is started in, not ours
import type { Token, Tokens } from "marked";
import type { ComponentChild, VNode } from "preact";
import { decodeEntities } from "./entities.ts";
import { isOwnImage, safeHref } from "./safe-href.ts";

/** Block vnodes by token: the same vnode again means Preact leaves that part of the page alone. */
const drawn = new WeakMap<Token, ComponentChild>();

/**
 * Draws parsed Markdown as vnodes. There is no HTML anywhere on the way, so a text cannot bring any: markup
 * in an answer is shown as the characters it is made of.
 */
export function renderBlock(token: Token): ComponentChild {
  const known = drawn.get(token);
  if (known !== undefined) return known;
  const made = block(token as Tokens.Generic);
  drawn.set(token, made);
  return made;
}

function block(token: Tokens.Generic): ComponentChild {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading": {
      // the page has an h1 of its own
      const Heading = `h${Math.min(Number(token["depth"]) + 1, 6)}` as "h2";
      return <Heading>{inline(token.tokens)}</Heading>;
    }
    case "paragraph":
      return <p>{inline(token.tokens)}</p>;
    case "text":
      return token.tokens ? inline(token.tokens) : decodeEntities(String(token["text"]));
    case "code":
      return codeBlock(token as Tokens.Code);
    case "blockquote":
      return <blockquote>{(token.tokens ?? []).map(renderBlock)}</blockquote>;
    case "list":
      return list(token as Tokens.List);
    case "table":
      return table(token as Tokens.Table);
    case "hr":
      return <hr />;
    default:
      return <p>{token.raw}</p>; // html and whatever else: its characters
  }
}

function codeBlock(token: Tokens.Code): VNode {
  return (
    <div class="code">
      <div class="code-bar">
        <span>{/^[\w+#.-]{1,20}/.exec(token.lang ?? "")?.[0] ?? ""}</span>
        <button type="button" class="code-copy" data-copy>
          copy
        </button>
      </div>
      <pre tabIndex={0}>
        <code>{token.text}</code>
      </pre>
    </div>
  );
}

function list(token: Tokens.List): VNode {
  const items = token.items.map((item, index) => (
    <li key={index}>
      {item.task ? <input type="checkbox" checked={item.checked === true} disabled /> : null}
      {item.tokens.map(renderBlock)}
    </li>
  ));
  if (!token.ordered) return <ul>{items}</ul>;
  return <ol start={token.start === "" ? 1 : token.start}>{items}</ol>;
}

function table(token: Tokens.Table): VNode {
  const cell = (Cell: "th" | "td") => (one: Tokens.TableCell, index: number) => (
    <Cell key={index} data-align={token.align[index] ?? undefined}>
      {inline(one.tokens)}
    </Cell>
  );
  return (
    <div class="table" tabIndex={0} role="group">
      <table>
        <thead>
          <tr>{token.header.map(cell("th"))}</tr>
        </thead>
        <tbody>
          {token.rows.map((row, index) => (
            <tr key={index}>{row.map(cell("td"))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inline(tokens: readonly Token[] | undefined): ComponentChild[] {
  return (tokens ?? []).map((token) => inlineOne(token as Tokens.Generic));
}

function inlineOne(token: Tokens.Generic): ComponentChild {
  switch (token.type) {
    case "strong":
      return <strong>{inline(token.tokens)}</strong>;
    case "em":
      return <em>{inline(token.tokens)}</em>;
    case "del":
      return <del>{inline(token.tokens)}</del>;
    case "codespan":
      return <code>{String(token["text"])}</code>;
    case "br":
      return <br />;
    case "link":
      return link(String(token["href"]), inline(token.tokens));
    case "image":
      return image(token as Tokens.Image);
    case "text":
      return token.tokens ? inline(token.tokens) : decodeEntities(String(token["text"]));
    case "escape":
      return String(token["text"]);
    default:
      return token.raw;
  }
}

function link(href: string, children: ComponentChild[]): ComponentChild {
  const safe = safeHref(decodeEntities(href));
  if (safe === undefined) return <span class="dead-link">{children}</span>;
  return (
    <a href={safe} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

function image(token: Tokens.Image): ComponentChild {
  const label = token.text === "" ? token.href : token.text;
  if (isOwnImage(token.href, globalThis.location?.origin ?? "null")) {
    return <img src={token.href} alt={token.text} loading="lazy" decoding="async" />;
  }
  return link(token.href, [label]);
}
