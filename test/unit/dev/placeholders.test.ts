import { describe, expect, it } from 'vitest';
import type { CommandLine } from '../../../src/config/types.js';
import { fillPlaceholders, type PlaceholderValues } from '../../../src/dev/placeholders.js';

const line = (argv: readonly string[], shell = false): CommandLine => ({
  argv,
  shell,
  display: argv.join(' '),
});

describe('fillPlaceholders', () => {
  it.each<[string, CommandLine, PlaceholderValues, readonly string[]]>([
    ['the port within a word', line(['serve', '--port={port}']), { port: 4000 }, ['serve', '--port=4000']],
    [
      'artifact and generation',
      line(['{artifact}', '-g', '{generation}']),
      { artifact: '/a/3/app', generation: 3 },
      ['/a/3/app', '-g', '3'],
    ],
    [
      'files as words of their own',
      line(['protoc', '{files}']),
      { files: ['a b.proto', 'c.proto'] },
      ['protoc', 'a b.proto', 'c.proto'],
    ],
    ['files within a word', line(['x', '--in={files}']), { files: ['a', 'b'] }, ['x', '--in=a b']],
    [
      'quoted files in a shell text',
      line(['make {files}'], true),
      { files: ["it's.js", 'b.js'] },
      ["make 'it'\\''s.js' b.js"],
    ],
    [
      'nothing that has no value',
      line(['{port}', '{other}', '$' + '{HOME}']),
      {},
      ['{port}', '{other}', '$' + '{HOME}'],
    ],
  ])('fills %s', (_name, command, values, expected) => {
    expect(fillPlaceholders(command, values).argv).toEqual(expected);
  });
});
