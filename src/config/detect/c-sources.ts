/** Name of the language in the candidates of CMake and make. */
export const C_LANGUAGE = 'C and C++';

/** Sources and headers, with leading dot. */
export const C_EXTENSIONS: readonly string[] = [
  ...['.c', '.cc', '.cpp', '.cxx', '.c++', '.m', '.mm', '.s', '.S'],
  ...['.h', '.hh', '.hpp', '.hxx', '.inc', '.inl', '.ipp', '.tpp', '.ixx', '.cppm', '.proto'],
];

/** Whether a name is that of a source file, not of a header. */
export function isCSource(name: string): boolean {
  return /\.(?:c|cc|cpp|cxx|c\+\+|ixx|cppm)$/.test(name);
}
