import { describe } from 'vitest';
import { itDetects, itRejects } from './tree.js';

const manifest = (name: string, more = '') => `[package]\nname = "${name}"\nversion = "0.1.0"\n${more}`;
const built = (selection: string) =>
  `cargo run --quiet ${selection} --config "target.'cfg(all())'.runner='cp'" -- {artifact}`;

describe.skipIf(process.platform === 'win32')('detection of Rust', () => {
  itDetects('Rust', [
    {
      title: 'src/main.rs',
      files: { 'Cargo.toml': manifest('game'), 'src/main.rs': '' },
      command: '{artifact}',
      build: built('--bin game'),
      byHand: 'cargo run --quiet --bin game',
      source: 'Cargo.toml, binary game',
      watches: ['.rs', '.toml'],
      overlooks: ['.lock', '.proto', '.md'],
      ignores: ['target/', '/tests/'],
      needs: ['cargo'],
      explains: 'instead of running it',
    },
    {
      title: 'a listed binary with features, whose file is no second binary',
      files: {
        'Cargo.toml': manifest(
          'game',
          '[[bin]]\nname = "game-server"\npath = "src/main.rs"\nrequired-features = ["net", "tls"]\n',
        ),
        'src/main.rs': '',
      },
      command: '{artifact}',
      build: built('--bin game-server --features net,tls'),
      source: 'Cargo.toml, binary game-server',
    },
    {
      title: 'default-run among several',
      files: {
        'Cargo.toml': manifest('game', 'default-run = "world"\n'),
        'src/main.rs': '',
        'src/bin/server.rs': '',
        'src/bin/world/main.rs': '',
      },
      command: '{artifact}',
      build: built('--bin world'),
      source: 'Cargo.toml, binary world',
      explains: 'There is game and server as well: croupier dev -- cargo run --quiet --bin game.',
    },
    {
      title: 'the binary with the name of the package',
      files: { 'Cargo.toml': manifest('game'), 'src/main.rs': '', 'src/bin/server.rs': '' },
      command: '{artifact}',
      build: built('--bin game'),
      source: 'Cargo.toml, binary game',
    },
    {
      title: 'a build script that compiles .proto files',
      files: { 'Cargo.toml': manifest('game'), 'src/main.rs': '', 'build.rs': '' },
      command: '{artifact}',
      build: built('--bin game'),
      source: 'Cargo.toml, binary game',
      watches: ['.proto'],
    },
    {
      title: 'a member of a workspace',
      files: {
        'Cargo.toml': '[workspace]\nmembers = ["crates/*", "tools/bench"]\nexclude = ["crates/old"]\n',
        'crates/core/Cargo.toml': manifest('core'),
        'crates/core/src/lib.rs': '',
        'crates/old/Cargo.toml': manifest('old-server'),
        'crates/old/src/main.rs': '',
        'crates/server/Cargo.toml': manifest('game-server'),
        'crates/server/src/main.rs': '',
        'tools/bench/Cargo.toml': manifest('bench'),
        'tools/bench/src/main.rs': '',
      },
      command: '{artifact}',
      build: built('--package game-server --bin game-server'),
      byHand: 'cargo run --quiet --package game-server --bin game-server',
      source: 'crates/server/Cargo.toml, binary game-server',
      explains: 'There is bench as well',
    },
    {
      title: 'a default member',
      files: {
        'Cargo.toml': '[workspace]\nmembers = ["a", "b"]\ndefault-members = ["b"]\n',
        'a/Cargo.toml': manifest('server'),
        'a/src/main.rs': '',
        'b/Cargo.toml': manifest('zeta'),
        'b/src/main.rs': '',
      },
      command: '{artifact}',
      build: built('--package zeta --bin zeta'),
      source: 'b/Cargo.toml, binary zeta',
    },
  ]);

  itRejects('Rust', [
    ['a library', { 'Cargo.toml': manifest('game'), 'src/lib.rs': '' }, 'it is a library'],
    ['a broken manifest', { 'Cargo.toml': '[package' }, 'Cargo.toml is not valid TOML.'],
    [
      'binaries that are switched off',
      { 'Cargo.toml': manifest('game', 'autobins = false\n'), 'src/main.rs': '' },
      'it is a library',
    ],
    [
      'tools only',
      { 'Cargo.toml': manifest('x'), 'src/bin/migrate.rs': '', 'src/bin/seed.rs': '' },
      'several programs (migrate and seed), and none is guessed: name one, such as croupier dev -- cargo run --quiet --bin migrate',
    ],
  ]);
});
