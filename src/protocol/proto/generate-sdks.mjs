// `npm run generate:sdks`: the protocol code of the Go and Python SDKs, which is checked in with them. Needs protoc-gen-go 1.36.12,
// protoc-gen-go-grpc 1.6.1 and a python3 with grpcio-tools 1.74.0 on the PATH; a machine without them can change anything but these files.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const repository = join(folder, '..', '..', '..');
const files = [
  'croupier/agent/local/v1/local.proto',
  'croupier/dev/v1/hot_reload.proto',
  'croupier/function/v1/function.proto',
];

function run(program, args) {
  execFileSync(program, args, { cwd: folder, stdio: 'inherit' });
}

const buf = join(repository, 'node_modules', '.bin', 'buf');
run(buf, ['generate', '--template', 'buf.gen.go.yaml', ...files.flatMap((file) => ['--path', file])]);
const python = join(repository, 'templates', 'python', 'croupier', 'gen');
run('python3', [
  '-m',
  'grpc_tools.protoc',
  '-I',
  '.',
  `--python_out=${python}`,
  `--pyi_out=${python}`,
  ...files,
]);

// A test compares these with the files: whoever changes one of them is told to run this.
const hashes = Object.fromEntries(
  files.map((file) => [
    file,
    createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex'),
  ]),
);
writeFileSync(join(folder, 'sdk-code.json'), `${JSON.stringify(hashes, null, 2)}\n`);
