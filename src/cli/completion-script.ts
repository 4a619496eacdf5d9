import { assertNever } from '../core/failure.js';
import type { Shell } from './completion-command.js';

/**
 * The script of a shell. Each asks the program that is being typed (so that `./node_modules/.bin/croupier` works as well) what may
 * follow, and needs nothing but the shell itself. What is typed is handed over as it is, and never evaluated.
 */
export function completionScript(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return BASH;
    case 'zsh':
      return ZSH;
    case 'fish':
      return FISH;
    default:
      return assertNever(shell);
  }
}

/**
 * Works with bash 3.2, which macOS has. readline breaks words at = and : as well, and replaces only what follows the last of them:
 * what stands before it is taken off the candidates.
 */
const BASH = `# Completion of croupier for bash. In ~/.bashrc: source <(croupier completion bash)
_croupier() {
  local line=\${COMP_LINE:0:COMP_POINT} program=\${COMP_WORDS[0]} current=\${COMP_WORDS[COMP_CWORD]}
  local word=\${line##*[[:blank:]]} paths=none candidate
  case $current in =|:) current= ;; esac
  case $program in "~/"*) program=$HOME/\${program#"~/"} ;; esac
  local before=\${word%"$current"}
  COMPREPLY=()
  while IFS= read -r candidate; do
    case $candidate in
      :none|:files|:folders) paths=\${candidate#:} ;;
      *) candidate=\${candidate%%$'\\t'*}; COMPREPLY+=("\${candidate#"$before"}") ;;
    esac
  done < <("$program" complete "--line=$line" 2>/dev/null)
  case $paths in
    files) compopt -o filenames 2>/dev/null; while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done < <(compgen -f -- "$current") ;;
    folders) compopt -o filenames 2>/dev/null; while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done < <(compgen -d -- "$current") ;;
  esac
}
complete -F _croupier croupier
`;

const ZSH = `#compdef croupier
# Completion of croupier for zsh. In ~/.zshrc, after compinit: source <(croupier completion zsh)
_croupier() {
  local line paths=none
  local -a candidates
  for line in "\${(@f)$("\${(Q)words[1]}" complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :none|:files|:folders) paths=\${line#:} ;;
      ?*) line=\${line//:/\\\\:}; candidates+=("\${line/$'\\t'/:}") ;;
    esac
  done
  (( $#candidates )) && _describe croupier candidates
  case $paths in
    files) _files ;;
    folders) _files -/ ;;
  esac
}
if [[ $funcstack[1] == _croupier ]]; then _croupier "$@"; else compdef _croupier croupier; fi
`;

const FISH = `# Completion of croupier for fish. In ~/.config/fish/completions: croupier completion fish > croupier.fish
function __croupier_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] complete -- $words[2..] "$current" 2>/dev/null)
        switch $line
            case :none
            case :files
                __fish_complete_path "$current"
            case :folders
                __fish_complete_directories "$current"
            case '*'
                echo -- $line
        end
    end
end
complete -c croupier -f -a '(__croupier_complete)'
`;
