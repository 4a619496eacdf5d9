import { describe } from 'vitest';
import { itDetects, itRejects } from './tree.js';

const ROCKSPEC =
  'package = "game"\nbuild = {\n  type = "builtin",\n  install = { bin = { game = "bin/game.lua" } },\n}\n';

describe('detection of Lua', () => {
  itDetects('Lua', [
    {
      title: 'main.lua, with the interpreter and the compiler that are there',
      files: { 'main.lua': 'print(1)' },
      tools: ['lua5.3', 'luajit', 'luac5.3'],
      command: 'lua5.3 main.lua',
      check: 'luac5.3 -p main.lua',
      source: 'main.lua',
      strength: 'likely',
      watches: ['.lua'],
      needs: ['lua5.3'],
    },
    {
      title: 'no compiler',
      files: { 'server.lua': '' },
      tools: ['lua'],
      command: 'lua server.lua',
      source: 'server.lua',
      strength: 'likely',
    },
    {
      title: 'what only LuaJIT runs',
      files: { 'main.lua': 'local ffi = require("ffi")' },
      tools: ['lua', 'luac'],
      command: 'luajit main.lua',
      source: 'main.lua',
      strength: 'likely',
      needs: ['luajit'],
    },
    {
      title: 'the program of a rockspec',
      files: { 'game-1.0-1.rockspec': ROCKSPEC, 'bin/game.lua': '' },
      tools: ['lua'],
      command: 'lua bin/game.lua',
      source: 'bin/game.lua',
    },
  ]);

  itRejects('Lua', [
    ['a game with a window', { 'main.lua': 'function love.update(dt) end' }, 'a game for LÖVE'],
    [
      'the configuration of one',
      { 'main.lua': 'x()', 'conf.lua': 'function love.conf(t) end' },
      'a game for LÖVE',
    ],
    ['a library', { 'x-1-1.rockspec': 'package = "x"' }, 'it installs no program'],
  ]);
});
