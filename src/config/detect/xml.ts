/** An element of a build file. Namespaces are not looked at. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** What stands directly in it, trimmed. */
  readonly text: string;
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

const TOKEN =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<[?!][^>]*>|<\/([^\s>]+)\s*>|<([^\s/>]+)((?:\s+[^\s=/>]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/g;

const ATTRIBUTE = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * Reads the XML of build files (pom.xml, *.csproj): elements, attributes and text. Tolerant, for files that their own tool has
 * to accept anyway. null where there is no element at all.
 */
export function parseXml(source: string): XmlElement | null {
  const root: OpenElement = { name: '', attributes: {}, children: [], text: '' };
  const open: OpenElement[] = [root];
  for (const [, cdata, closing, opening, attributes, empty, text] of source.matchAll(TOKEN)) {
    const current = open.at(-1) ?? root;
    if (opening !== undefined) {
      const element = {
        name: opening,
        attributes: parseAttributes(attributes ?? ''),
        children: [],
        text: '',
      };
      current.children.push(element);
      if (empty === '') open.push(element);
    } else if (closing !== undefined) {
      const at = open.findLastIndex(({ name }) => name === closing);
      if (at > 0) open.length = at;
    } else if (cdata !== undefined) current.text += cdata;
    else if (text !== undefined) current.text += decode(text).trim();
  }
  return root.children[0] ?? null;
}

/** The elements at a path below an element: every `plugin` of `build/plugins/plugin`. */
export function elementsAt(element: XmlElement | null, path: string): readonly XmlElement[] {
  let found: readonly XmlElement[] = element === null ? [] : [element];
  for (const name of path.split('/')) {
    found = found.flatMap(({ children }) => children.filter((child) => child.name === name));
  }
  return found;
}

/** The text of the first element at a path; null where there is none or it is empty. */
export function textAt(element: XmlElement | null, path: string): string | null {
  const text = elementsAt(element, path)[0]?.text;
  return text === undefined || text === '' ? null : text;
}

function parseAttributes(source: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...source.matchAll(ATTRIBUTE)].map(([, name = '', double, single]) => [
      name,
      decode(double ?? single ?? ''),
    ]),
  );
}

function decode(text: string): string {
  return text.replaceAll(/&(lt|gt|amp|quot|apos);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}
