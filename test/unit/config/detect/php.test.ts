import { describe } from 'vitest';
import { itDetects, itRejects } from './tree.js';

const READY_AT_UP = { kind: 'http', timeout: 30_000, url: '/up' } as const;

describe('detection of PHP', () => {
  itDetects('PHP', [
    {
      title: 'Laravel, ready when its health route answers',
      files: {
        artisan: '#!/usr/bin/env php',
        'composer.json': {},
        'public/index.php': '',
        'bootstrap/app.php': "->withRouting(\n  web: 'x',\n  health: '/up',\n)",
      },
      command: 'php artisan serve --host=127.0.0.1 --port={port} --no-reload',
      check: 'php -l public/index.php',
      source: 'artisan, Laravel',
      ready: READY_AT_UP,
      watches: ['.php'],
      overlooks: ['.md', '.json', '.js'],
      ignores: ['vendor/', '/storage/'],
      needs: ['php'],
    },
    {
      title: 'Laravel without a health route',
      files: { artisan: '', 'public/index.php': '', 'bootstrap/app.php': '<?php' },
      command: 'php artisan serve --host=127.0.0.1 --port={port} --no-reload',
      check: 'php -l public/index.php',
      source: 'artisan, Laravel',
    },
    {
      title: 'public/index.php',
      files: { 'composer.json': { require: { 'symfony/console': '*' } }, 'public/index.php': '<?php' },
      command: 'php -S 127.0.0.1:{port} -t public',
      check: 'php -l public/index.php',
      source: "public/index.php, PHP's built-in server",
      explains: 'PHP_CLI_SERVER_WORKERS',
    },
    {
      title: 'index.php and nothing else',
      files: { 'index.php': '<?php' },
      command: 'php -S 127.0.0.1:{port} -t .',
      check: 'php -l index.php',
      source: "index.php, PHP's built-in server",
      strength: 'likely',
    },
    {
      title: 'a server by its package',
      files: {
        'composer.json': { require: { 'react/http': '^1' } },
        'server.php': '<?php',
        'public/index.php': '',
      },
      command: 'php server.php',
      check: 'php -l server.php',
      source: 'server.php, a server of its own',
    },
    {
      title: 'a server by its source',
      files: { 'main.php': '<?php\n$http = new Swoole\\Http\\Server("127.0.0.1", 1);' },
      command: 'php main.php',
      check: 'php -l main.php',
      source: 'main.php, a server of its own',
    },
  ]);

  itRejects('PHP', [
    ['a library', { 'composer.json': {}, 'src/A.php': '' }, 'neither a server nor an index.php'],
  ]);
});
