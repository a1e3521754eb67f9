/**
 * The fast reader: block YAML as people write manifests, and JSON. One pass, no tokens.
 *
 * It gives up ({@link Bail}) on everything that it does not read with certainty - anchors, aliases, tags,
 * tabs, explicit keys, indentation indicators - and a whole YAML parser reads the
 * document instead. It is admitted by a differential test against `yaml` (test/syntax/differential.test.ts):
 * what it accepts, it reads the same. Why not the parser alone: docs/decisions/0003-three-readers.md.
 *
 * In one thing it is wider than YAML 1.2, and like libyaml and with it Kubernetes, Helm and Argo CD: the
 * lines of a quoted scalar or a flow collection may stand left of their parent (libyaml's scanner ignores
 * indentation there). Refusing them would leave manifests unread that clusters run.
 */
import { DOUBLE, FOLDED, LITERAL, MAP, Node, PLAIN, SCALAR, SEQ, SINGLE } from "./tree.ts";

/** Thrown when a document needs a whole parser. One frozen value: a stack trace would cost more than the reading. */
export const Bail: unique symbol = Symbol("needs a whole parser");

/**
 * Thrown at a line of a block mapping that begins with `{{`. To YAML that is a flow mapping where a key must
 * be, so no parser would read it.
 */
export const TemplateLine: unique symbol = Symbol("a template's control line");

const NL = 10, CR = 13, TAB = 9, SPACE = 32;
const HASH = 35, COLON = 58, DASH = 45, COMMA = 44, QUESTION = 63;
const DQUOTE = 34, SQUOTE = 39, BACKSLASH = 92;
const LBRACKET = 91, RBRACKET = 93, LBRACE = 123, RBRACE = 125;
const PIPE = 124, GREATER = 62;

/** Deeper nesting goes to the parser, which says so instead of overflowing our stack. */
const MAX_DEPTH = 100;

// Reader state. Documents are read one after another on one thread; module variables are faster than fields.
let text = "";
let limit = 0;
/** Start of the current line. */
let line = 0;
/** First character of the current content; meaningless when `indent` is -1. */
let at = 0;
/** Column of `at`, or -1 at the end of the document. */
let indent = -1;

/**
 * Reads the document between two offsets, which must not hold a document marker.
 * @throws {typeof Bail | typeof TemplateLine}
 */
export function readBlock(source: string, from: number, to: number): Node {
  text = source;
  limit = to;
  toContent(from);
  if (indent < 0) return new Node(SCALAR, to, to);
  const first = text.charCodeAt(at);
  let root: Node;
  // With nothing else this is YAML, and holds no image; with more it is a template.
  if (first === LBRACE && text.charCodeAt(at + 1) === LBRACE) throw TemplateLine;
  if (first === LBRACE || first === LBRACKET) {
    root = flow(0);
    endOfLine(root.end);
  } else {
    root = block(indent, -1, 0);
  }
  if (indent >= 0) throw Bail;
  return root;
}

/** Moves to the next line with content, from the start of a line. */
function toContent(from: number): void {
  let position = from;
  while (position < limit) {
    line = position;
    let code = text.charCodeAt(position);
    while (code === SPACE && position < limit) code = text.charCodeAt(++position);
    if (position >= limit) break;
    if (code === NL) { position++; continue; }
    if (code === CR) { position++; continue; }
    if (code === TAB) throw Bail;
    if (code === HASH) {
      const end = text.indexOf("\n", position);
      if (end < 0) break;
      position = end + 1;
      continue;
    }
    if (code === 0xfeff) throw Bail;
    at = position;
    indent = position - line;
    return;
  }
  indent = -1;
}

/** From the end of a value: only a comment may follow on the line; then moves to the next content. */
function endOfLine(from: number): void {
  let position = from;
  let code = text.charCodeAt(position);
  while (code === SPACE && position < limit) code = text.charCodeAt(++position);
  if (position >= limit) { indent = -1; return; }
  if (code === HASH) {
    if (position === from) throw Bail;
    position = text.indexOf("\n", position);
    if (position < 0 || position >= limit) { indent = -1; return; }
  } else if (code === CR) {
    position++;
  } else if (code !== NL) {
    throw Bail;
  }
  toContent(position + 1);
}

/** What begins a line of its own. */
function block(column: number, parent: number, depth: number): Node {
  if (depth > MAX_DEPTH) throw Bail;
  if (isDash(at)) return sequence(column, depth);
  return mapping(column, parent, depth);
}

const isDash = (position: number): boolean =>
  text.charCodeAt(position) === DASH && isBreakOrSpace(position + 1);

function isBreakOrSpace(position: number): boolean {
  if (position >= limit) return true;
  const code = text.charCodeAt(position);
  return code === SPACE || code === NL || code === CR;
}

function sequence(column: number, depth: number): Node {
  const node = new Node(SEQ, at, -1);
  const items: Node[] = (node.children = []);
  while (indent === column && isDash(at)) {
    const dash = at;
    let position = at + 1;
    while (text.charCodeAt(position) === SPACE && position < limit) position++;
    let item: Node;
    if (endsHere(position)) {
      endOfLine(dash + 1);
      item = indent > column ? block(indent, column, depth + 1) : new Node(SCALAR, dash + 1, dash + 1);
    } else {
      item = inItem(position, column, depth);
    }
    items.push(item);
  }
  if (indent > column) throw Bail;
  return node;
}

/** What follows a dash on its line: a nested sequence, a mapping's first key, or a value. */
function inItem(position: number, column: number, depth: number): Node {
  if (depth > MAX_DEPTH) throw Bail;
  if (isDash(position) || keyEnd(position) >= 0) {
    at = position;
    indent = position - line;
    return block(indent, column, depth + 1);
  }
  return inline(position, column, depth);
}

/** Whether nothing but white space or a comment stands from here to the end of the line. */
function endsHere(position: number): boolean {
  if (position >= limit) return true;
  const code = text.charCodeAt(position);
  return code === NL || code === CR || (code === HASH && text.charCodeAt(position - 1) === SPACE);
}

/** Offset of the colon that ends the key which begins here; -1 when there is no key on this line. */
function keyEnd(position: number): number {
  const first = text.charCodeAt(position);
  let end: number;
  if (first === DQUOTE || first === SQUOTE) {
    end = closingQuote(position, first);
    if (end < 0) throw Bail;
    // A key ends on the line on which it begins.
    if (hasBreak(position, end)) return -1;
    end++;
    while (text.charCodeAt(end) === SPACE) end++;
    return text.charCodeAt(end) === COLON && isBreakOrSpace(end + 1) ? end : -1;
  }
  if (isIndicator(first, position)) return -1;
  for (end = position; end < limit; end++) {
    const code = text.charCodeAt(end);
    if (code === NL || code === CR) return -1;
    if (code === TAB) throw Bail;
    if (code === COLON && isBreakOrSpace(end + 1)) return end;
    if (code === HASH && text.charCodeAt(end - 1) === SPACE) return -1;
  }
  return -1;
}

/** Characters that cannot begin a plain scalar (YAML 1.2, c-indicator). */
function isIndicator(code: number, position: number): boolean {
  switch (code) {
    case COMMA: case LBRACKET: case RBRACKET: case LBRACE: case RBRACE: case HASH: case PIPE: case GREATER:
    case SQUOTE: case DQUOTE: case 38 /* & */: case 42 /* * */: case 33 /* ! */: case 37 /* % */: case 64 /* @ */: case 96 /* ` */:
      return true;
    case DASH: case QUESTION: case COLON:
      return isBreakOrSpace(position + 1);
    default:
      return false;
  }
}

/** Offset of the quote that closes the one at `position`; -1 when it is not there. */
function closingQuote(position: number, quote: number): number {
  for (let i = position + 1; i < limit; i++) {
    const code = text.charCodeAt(i);
    if (quote === DQUOTE && code === BACKSLASH) { i++; continue; }
    if (code === quote) {
      if (quote === SQUOTE && text.charCodeAt(i + 1) === SQUOTE) { i++; continue; }
      return i;
    }
  }
  return -1;
}

function hasBreak(from: number, to: number): boolean {
  const next = text.indexOf("\n", from);
  return next >= 0 && next < to;
}

/** A mapping, or the one value that stands where a first key would. */
function mapping(column: number, parent: number, depth: number): Node {
  const node = new Node(MAP, at, -1);
  const children: Node[] = (node.children = []);
  while (indent === column) {
    const keyStart = at;
    const colon = keyEnd(at);
    if (colon < 0 && children.length === 0) return inline(at, parent, depth);
    if (colon < 0) throw text.startsWith("{{", at) ? TemplateLine : Bail;
    const key = keyText(keyStart, colon);
    let position = colon + 1;
    while (text.charCodeAt(position) === SPACE && position < limit) position++;
    let value: Node;
    if (endsHere(position)) {
      endOfLine(colon + 1);
      if (indent > column) value = block(indent, column, depth + 1);
      else if (indent === column && isDash(at)) value = sequence(column, depth + 1);
      else value = new Node(SCALAR, colon + 1, colon + 1);
    } else {
      value = inline(position, column, depth);
    }
    value.key = key;
    value.keyStart = keyStart;
    children.push(value);
  }
  if (indent > column) throw Bail;
  return node;
}

function keyText(start: number, colon: number): string {
  const first = text.charCodeAt(start);
  if (first !== DQUOTE && first !== SQUOTE) {
    let end = colon;
    while (text.charCodeAt(end - 1) === SPACE) end--;
    return text.slice(start, end);
  }
  const content = text.slice(start + 1, closingQuote(start, first));
  if (first === DQUOTE ? content.includes("\\") : content.includes("''")) throw Bail;
  return content;
}

/** A value that begins on the line of its key or dash; leaves the reader at the next content. */
function inline(position: number, parent: number, depth: number): Node {
  const first = text.charCodeAt(position);
  let node: Node;
  if (first === DQUOTE || first === SQUOTE) {
    const close = closingQuote(position, first);
    if (close < 0) throw Bail;
    node = new Node(SCALAR, position + 1, close);
    node.style = first === DQUOTE ? DOUBLE : SINGLE;
    endOfLine(close + 1);
  } else if (first === PIPE || first === GREATER) {
    return blockScalar(position, parent);
  } else if (first === LBRACKET || first === LBRACE) {
    at = position;
    node = flow(depth + 1);
    endOfLine(node.end);
  } else if (isIndicator(first, position)) {
    throw Bail;
  } else {
    return plain(position, parent);
  }
  // A deeper line would continue this scalar.
  if (indent > parent) throw Bail;
  return node;
}

/** A plain scalar, with the deeper lines that continue it (YAML 1.2, 7.3.3). */
function plain(position: number, parent: number): Node {
  const node = new Node(SCALAR, position, position);
  for (let from = position; ; from = at) {
    node.end = plainLine(from);
    endOfLine(node.end);
    if (indent <= parent) return node;
    // A comment ends the scalar, so that what is deeper is a mistake.
    for (let i = node.end; i < line; i++) if (text.charCodeAt(i) === HASH) throw Bail;
  }
}

/** Where the part of a plain scalar that stands on one line ends. */
function plainLine(position: number): number {
  let end = position;
  let last = position;
  for (; end < limit; end++) {
    const code = text.charCodeAt(end);
    if (code === NL || code === CR) break;
    if (code === TAB) throw Bail;
    if (code === COLON && isBreakOrSpace(end + 1)) throw Bail;
    if (code === HASH && text.charCodeAt(end - 1) === SPACE) break;
    if (code !== SPACE) last = end + 1;
  }
  return last;
}

/** `|` or `>` with an optional chomping indicator. */
function blockScalar(position: number, parent: number): Node {
  const style = text.charCodeAt(position) === PIPE ? LITERAL : FOLDED;
  let header = position + 1;
  const chomp = text.charCodeAt(header);
  if (chomp === DASH || chomp === 43 /* + */) header++;
  while (text.charCodeAt(header) === SPACE && header < limit) header++;
  if (!endsHere(header)) throw Bail;
  if (text.charCodeAt(header) === HASH && text.charCodeAt(header - 1) !== SPACE) throw Bail;
  let next = text.indexOf("\n", header);
  next = next < 0 || next >= limit ? limit : next + 1;
  let contentIndent = -1;
  let blanks = 0;
  let start = next;
  let end = next;
  while (next < limit) {
    let column = next;
    let code = text.charCodeAt(column);
    while (code === SPACE && column < limit) code = text.charCodeAt(++column);
    const width = column - next;
    let lineEnd = text.indexOf("\n", column);
    if (lineEnd < 0 || lineEnd > limit) lineEnd = limit;
    const blank = column >= limit || code === NL || code === CR;
    if (!blank) {
      if (code === TAB && width <= (contentIndent < 0 ? parent : contentIndent - 1)) throw Bail;
      if (contentIndent < 0) {
        if (width <= parent) break;
        // A blank line before the first content line may not be deeper than it.
        if (blanks > width) throw Bail;
        contentIndent = width;
        start = column;
      } else if (width < contentIndent) {
        if (width > parent) throw Bail;
        break;
      }
      end = lineEnd;
    } else if (contentIndent < 0) {
      blanks = Math.max(blanks, width);
    }
    next = lineEnd + 1;
  }
  const node = new Node(SCALAR, start, contentIndent < 0 ? start : end);
  node.style = style;
  toContent(Math.min(next, limit));
  if (indent > parent) throw Bail;
  return node;
}

/** A flow collection at `at`, perhaps over several lines. */
function flow(depth: number): Node {
  if (depth > MAX_DEPTH) throw Bail;
  const open = at;
  const isMap = text.charCodeAt(open) === LBRACE;
  const close = isMap ? RBRACE : RBRACKET;
  const node = new Node(isMap ? MAP : SEQ, open, -1);
  node.flow = true;
  const children: Node[] = (node.children = []);
  let position = skip(open + 1);
  if (text.charCodeAt(position) === close) {
    node.end = position + 1;
    return node;
  }
  if (isMap && position === open + 1 && text.charCodeAt(position) === LBRACE) return templated(node);
  for (;;) {
    const keyStart = position;
    let child: Node;
    if (isMap) {
      const keyNode = flowScalar(position);
      const quoted = keyNode.style !== PLAIN;
      const after = skip(keyNode.end + (quoted ? 1 : 0));
      if (text.charCodeAt(after) !== COLON || after !== keyNode.end + (quoted ? 1 : 0)) throw Bail;
      const key = text.slice(keyNode.start, keyNode.end);
      // A line break in a key is folded, which only a parser does.
      if (quoted && key.includes("\n")) throw Bail;
      if (quoted && (keyNode.style === DOUBLE ? key.includes("\\") : key.includes("''"))) throw Bail;
      if (!quoted && !isBreakOrSpace(after + 1)) throw Bail;
      position = skip(after + 1);
      const code = text.charCodeAt(position);
      if (code === COMMA || code === close) throw Bail;
      child = flowValue(position, depth);
      child.key = key;
      child.keyStart = keyStart;
    } else {
      child = flowValue(position, depth);
    }
    children.push(child);
    const childEnd = child.kind === SCALAR && child.style !== PLAIN ? child.end + 1 : child.end;
    position = skip(childEnd);
    const code = text.charCodeAt(position);
    if (code === COMMA) {
      position = skip(position + 1);
      if (text.charCodeAt(position) === close) { node.end = position + 1; return node; }
      continue;
    }
    if (code === close) { node.end = position + 1; return node; }
    throw Bail;
  }
}

/** `{{ .Values.name }}`, unquoted: to YAML a flow mapping whose only key is another one, with a word for a key. */
function templated(node: Node): Node {
  const inner = node.start + 1;
  const key = flowScalar(skip(inner + 1));
  const close = skip(key.end);
  if (key.style !== PLAIN || text.charCodeAt(close) !== RBRACE || text.charCodeAt(close + 1) !== RBRACE || close - inner > LONGEST_KEY) throw Bail;
  const empty = new Node(SCALAR, key.end, key.end);
  empty.keyStart = inner;
  node.children!.push(empty);
  node.end = close + 2;
  return node;
}

/** A key that stands for a whole pair is at most this long (YAML 1.2, 7.4.2). */
const LONGEST_KEY = 1000;

function flowValue(position: number, depth: number): Node {
  const code = text.charCodeAt(position);
  if (code === LBRACE || code === LBRACKET) {
    at = position;
    return flow(depth + 1);
  }
  return flowScalar(position);
}

/** A quoted scalar, or a plain one on one line, inside a flow collection. */
function flowScalar(position: number): Node {
  const first = text.charCodeAt(position);
  if (first === DQUOTE || first === SQUOTE) {
    const close = closingQuote(position, first);
    if (close < 0) throw Bail;
    const node = new Node(SCALAR, position + 1, close);
    node.style = first === DQUOTE ? DOUBLE : SINGLE;
    return node;
  }
  if (position >= limit || isIndicator(first, position)) throw Bail;
  // `[?]` and `[-]` are no plain scalars inside a flow collection.
  if ((first === DASH || first === QUESTION || first === COLON) && isFlowIndicator(text.charCodeAt(position + 1))) throw Bail;
  let end = position;
  let last = position;
  scan: for (; end < limit; end++) {
    const code = text.charCodeAt(end);
    switch (code) {
      case COMMA: case RBRACE: case RBRACKET:
        break scan;
      case LBRACE: case LBRACKET: case TAB: case CR: case NL:
        // A line break may end the scalar or continue it: let the parser decide, but for the common JSON number.
        if ((code === NL || code === CR) && closesSoon(end)) break scan;
        throw Bail;
      case HASH:
        throw Bail;
      case COLON:
        if (isBreakOrSpace(end + 1)) break scan;
        if (isFlowIndicator(text.charCodeAt(end + 1))) throw Bail;
        break;
      case SPACE:
        continue scan;
    }
    last = end + 1;
  }
  return new Node(SCALAR, position, last);
}

const isFlowIndicator = (code: number): boolean =>
  code === COMMA || code === LBRACE || code === RBRACE || code === LBRACKET || code === RBRACKET;

/** Whether only white space separates this place from a comma or a closing bracket. */
function closesSoon(position: number): boolean {
  let i = position;
  let code = text.charCodeAt(i);
  while (i < limit && (code === SPACE || code === NL || code === CR)) code = text.charCodeAt(++i);
  return code === COMMA || code === RBRACE || code === RBRACKET;
}

/** Skips white space and line breaks inside a flow collection. Tabs separate tokens there as well. */
function skip(from: number): number {
  let position = from;
  for (; position < limit; position++) {
    const code = text.charCodeAt(position);
    if (code !== SPACE && code !== NL && code !== CR && code !== TAB) return position;
  }
  throw Bail;
}
