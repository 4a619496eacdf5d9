/** What the templates are called, and what is replaced by the name of a project that is made of them. */
export const TEMPLATE_PROJECT_NAME = 'game-server';

/** A name goes into package.json, go.mod, pom.xml and ids: what all of them take. */
const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

const LONGEST = 64;

/** npm refuses a package that depends on one of its own name. */
const TAKEN = ['croupier-cli'];

/** What is wrong with a project's name, as a sentence; null: nothing. */
export function checkProjectName(name: string): string | null {
  if (!NAME.test(name)) {
    return 'A name is made of small letters, digits and single hyphens, such as my-game.';
  }
  if (name.length > LONGEST) return `A name has at most ${LONGEST} characters.`;
  return TAKEN.includes(name) ? `${name} is the name of this tool: take another.` : null;
}

/** The name for a project in a folder of this name: `My Game (2)` becomes `my-game-2`. */
export function toProjectName(folder: string): string {
  const name = folder
    .normalize('NFKD')
    .toLowerCase()
    // Accents, which NFKD has taken off their letters.
    .replaceAll(/\p{Mark}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST)
    .replaceAll(/^-+|-+$/g, '');
  return checkProjectName(name) === null ? name : TEMPLATE_PROJECT_NAME;
}
