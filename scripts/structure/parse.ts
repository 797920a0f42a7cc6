import { parseAst } from 'vite';

/** One import of a file: `import`, `export … from`, `import()` or `require()` with a constant, or a type's `import('…')`. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** What the rules need to know of a source file. */
export interface Facts {
  readonly imports: readonly Import[];
  /** Lines that read `process.env`, or take `env` out of `node:process`. */
  readonly environmentLines: readonly number[];
  /** Lines with a text that begins as an SQL statement. */
  readonly sqlLines: readonly number[];
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** The constant text of a literal node. */
function textOf(node: unknown): string | undefined {
  return isFields(node) && typeof node['value'] === 'string' ? node['value'] : undefined;
}

const isNamed = (node: unknown, name: string): boolean => isFields(node) && node['name'] === name;

/** `process`, or `globalThis.process`. */
const isProcess = (node: unknown): boolean =>
  isNamed(node, 'process') || (isFields(node) && isNamed(node['property'], 'process'));

/** Does the node read the environment of the process? */
function readsEnvironment(node: Fields): boolean {
  switch (node['type']) {
    case 'MemberExpression':
      return (
        isProcess(node['object']) && (isNamed(node['property'], 'env') || textOf(node['property']) === 'env')
      );
    case 'VariableDeclarator':
      return (
        isProcess(node['init']) &&
        isFields(node['id']) &&
        Array.isArray(node['id']['properties']) &&
        node['id']['properties'].some((property) => isFields(property) && isNamed(property['key'], 'env'))
      );
    case 'ImportDeclaration':
      return (
        /^(node:)?process$/.test(textOf(node['source']) ?? '') &&
        Array.isArray(node['specifiers']) &&
        // Under another name (`import * as p`) nothing above would know it again.
        node['specifiers'].some(
          (one) =>
            isFields(one) &&
            (isNamed(one['imported'], 'env') ||
              (one['type'] !== 'ImportSpecifier' && !isNamed(one['local'], 'process'))),
        )
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
    case 'CallExpression':
      return isNamed(node['callee'], 'require') && Array.isArray(node['arguments'])
        ? textOf(node['arguments'][0])
        : undefined;
    default:
      return undefined;
  }
}

/** `Select … from …` is how a sentence for a person begins, so that one counts only as it is written in code. */
const SQL_STATEMENT =
  /^\s*((SELECT|select)\s.+\s(FROM|from)\s|(?:INSERT INTO|insert into|DELETE FROM|delete from)\s|(UPDATE|update)\s+\w+\s+(SET|set)\s|(CREATE|DROP|ALTER|create|drop|alter) (UNIQUE |unique )?(TABLE|INDEX|table|index)\s)/su;

/** Is the node a text that begins as an SQL statement? */
function isSql(node: Fields): boolean {
  if (node['type'] === 'Literal') return SQL_STATEMENT.test(textOf(node) ?? '');
  const value = node['type'] === 'TemplateElement' ? node['value'] : undefined;
  return isFields(value) && typeof value['raw'] === 'string' && SQL_STATEMENT.test(value['raw']);
}

export const countLines = (text: string): number => text.replace(/\n$/, '').split('\n').length;

/** Parses a TypeScript or JavaScript file with the parser of the page builder. Throws on a syntax error. */
export function factsOf(path: string, text: string): Facts {
  const lang = path.endsWith('x') ? 'tsx' : 'ts';
  const imports: Import[] = [];
  const environmentLines: number[] = [];
  const sqlLines: number[] = [];
  const lineAt = (node: Fields): number =>
    text.slice(0, typeof node['start'] === 'number' ? node['start'] : 0).split('\n').length;
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
    } else if (isFields(value)) {
      const specifier = specifierOf(value);
      if (specifier !== undefined) imports.push({ specifier, line: lineAt(value) });
      if (readsEnvironment(value)) environmentLines.push(lineAt(value));
      if (isSql(value)) sqlLines.push(lineAt(value));
      for (const child of Object.values(value)) if (typeof child === 'object') visit(child);
    }
  };
  visit(parseAst(text, { lang, sourceType: 'module' }, path).body);
  return { imports, environmentLines, sqlLines };
}
