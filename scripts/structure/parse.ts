import { parseAst } from 'vite';

/** One import of a file: `import`, `export … from`, `import()` with a constant, or a type's `import('…')`. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** What the rules need to know of a source file. */
export interface Facts {
  readonly imports: readonly Import[];
  /** Lines that read `process.env`, or take `env` out of `node:process`. */
  readonly environmentLines: readonly number[];
  readonly lines: number;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** The constant text of a literal node. */
function textOf(node: unknown): string | undefined {
  return isFields(node) && typeof node['value'] === 'string' ? node['value'] : undefined;
}

const isNamed = (node: unknown, name: string): boolean => isFields(node) && node['name'] === name;

/** Does the node read the environment of the process? */
function readsEnvironment(node: Fields): boolean {
  switch (node['type']) {
    case 'MemberExpression':
      return (
        isNamed(node['object'], 'process') &&
        (isNamed(node['property'], 'env') || textOf(node['property']) === 'env')
      );
    case 'VariableDeclarator':
      return (
        isNamed(node['init'], 'process') &&
        isFields(node['id']) &&
        Array.isArray(node['id']['properties']) &&
        node['id']['properties'].some((property) => isFields(property) && isNamed(property['key'], 'env'))
      );
    case 'ImportDeclaration':
      return (
        /^(node:)?process$/.test(textOf(node['source']) ?? '') &&
        Array.isArray(node['specifiers']) &&
        node['specifiers'].some((one) => isFields(one) && isNamed(one['imported'], 'env'))
      );
    default:
      return false;
  }
}

/** The module a node names, if it is a kind of import. */
function specifierOf(node: Fields): string | undefined {
  switch (node['type']) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return textOf(node['source']);
    default:
      return undefined;
  }
}

/** Parses a TypeScript or JavaScript file with the parser of the page builder. Throws on a syntax error. */
export function factsOf(path: string, text: string): Facts {
  const lang = path.endsWith('x') ? 'tsx' : 'ts';
  const imports: Import[] = [];
  const environmentLines: number[] = [];
  const lineAt = (node: Fields): number =>
    text.slice(0, typeof node['start'] === 'number' ? node['start'] : 0).split('\n').length;
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
    } else if (isFields(value)) {
      const specifier = specifierOf(value);
      if (specifier !== undefined) imports.push({ specifier, line: lineAt(value) });
      if (readsEnvironment(value)) environmentLines.push(lineAt(value));
      for (const child of Object.values(value)) if (typeof child === 'object') visit(child);
    }
  };
  visit(parseAst(text, { lang, sourceType: 'module' }, path).body);
  return { imports, environmentLines, lines: text.replace(/\n$/, '').split('\n').length };
}
