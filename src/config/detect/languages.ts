import { cpp } from './cpp.js';
import { csharp } from './csharp.js';
import { elixir } from './elixir.js';
import { fsharp } from './fsharp.js';
import { go } from './go.js';
import { java } from './java.js';
import { kotlin } from './kotlin.js';
import type { Language } from './language.js';
import { lua } from './lua.js';
import { node } from './node.js';
import { php } from './php.js';
import { python } from './python.js';
import { ruby } from './ruby.js';
import { rust } from './rust.js';

/**
 * In order of precedence among candidates of one strength. Languages that are compiled to a server come first; then those whose
 * files are often the server; then those whose files often lie beside one: a front end's package.json, a list of shortcuts in a
 * Makefile, embedded scripts.
 */
export const LANGUAGES: readonly Language[] = [
  go,
  rust,
  java,
  kotlin,
  csharp,
  fsharp,
  elixir,
  ruby,
  php,
  python,
  node,
  cpp,
  lua,
];
