import { defineFunction } from 'croupier-cli/sdk';
import { greeting } from './lib/greeting.mjs';

const VERSION = '1.0.0';

const answer = () => ({ greeting: greeting(), version: VERSION });

export default [
  defineFunction({ id: 'pair.a', version: VERSION }, answer),
  defineFunction({ id: 'pair.b', version: VERSION }, answer),
];
