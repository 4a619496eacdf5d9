const VERSION = '1.0.0';

export function greeting() {
  return `hello ${VERSION}`;
}
