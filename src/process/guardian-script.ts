/**
 * What the guardian runs, for any POSIX shell. Arguments: the session's marker.
 *
 * It reads `add <pgid> <start time>`, `remove <pgid>` and `done` from stdin. When stdin ends without `done`, the runner is gone:
 * it sends TERM to every group it was told of, and to everybody who carries a marker of the session (which finds also a process
 * that was started a moment before the end and not announced any more), then KILL to who is left after 1 s. At the end it kills
 * its own group, to which nothing but its timer belongs.
 *
 * The start time (0: unknown) is field 22 of /proc/<pid>/stat; a group is left alone when its leader's pid belongs to somebody
 * else. Where there is no /proc, groups are all that can be found.
 */
export const GUARDIAN_SCRIPT = `
trap '' INT TERM HUP
prefix="CROUPIER_PROCESS=$1."
groups=' '
finished=

while read -r word group start; do
  case $word in
    add) groups="$groups$group:$start " ;;
    remove)
      kept=' '
      for one in $groups; do
        [ "\${one%%:*}" = "$group" ] || kept="$kept$one "
      done
      groups=$kept ;;
    done) finished=yes; break ;;
  esac
done
[ -z "$finished" ] || exit 0

is_ours() {
  [ "$2" != 0 ] && [ -r "/proc/$1/stat" ] || return 0
  read -r stat <"/proc/$1/stat" || return 0
  recorded=$2
  set -- \${stat##*) }
  [ "\${20}" = "$recorded" ]
}

strays() {
  [ -d /proc/self ] || return 0
  for file in $(grep -lsF "$prefix" /proc/[0-9]*/environ); do
    pid=\${file#/proc/}
    echo "\${pid%/environ}"
  done
}

send() {
  for one in $groups; do
    is_ours "\${one%%:*}" "\${one#*:}" && kill -s "$1" -- "-\${one%%:*}"
  done
  for pid in $(strays); do kill -s "$1" "$pid"; done
}

is_anybody_left() {
  for one in $groups; do
    is_ours "\${one%%:*}" "\${one#*:}" && kill -s 0 -- "-\${one%%:*}" && return 0
  done
  [ -n "$(strays)" ]
}

pause() { sleep 0.05 || sleep 1; }

late=
trap 'late=yes' ALRM
(sleep 1; kill -s ALRM $$) &

send TERM
send CONT
while [ -z "$late" ] && is_anybody_left; do pause; done
send KILL
round=0
while [ $round -lt 20 ] && [ -n "$(strays)" ]; do
  pause
  send KILL
  round=$((round + 1))
done
kill -s KILL 0
`;
