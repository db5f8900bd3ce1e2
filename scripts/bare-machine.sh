#!/bin/sh
# The README's two commands, to the letter, with nothing in the path but Node, npm, sh and what every Debian
# has: no Bun, no git, no Python, no openssl, no bash. In a copy of the tree, so that nothing is installed yet.
#
#     scripts/bare-machine.sh          takes what is committed, or the tree as it is where it is no clone
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/home" "$work/tree"

echo "== a copy of the tree"
cd "$root"
if git rev-parse --git-dir >/dev/null 2>&1; then
  git archive HEAD | tar -x -C "$work/tree"
else
  tar -c --exclude=node_modules --exclude=dist --exclude=.turbo . | tar -x -C "$work/tree"
fi

for tool in node npm npx sh sed grep tar gzip xargs find \
  cat chmod chown cp cut date dd df dirname basename du echo env expr false head hostname id install kill ln ls \
  mkdir mkfifo mktemp mv nice nohup nproc printf prlimit ps pwd readlink realpath rm rmdir sleep sort stat stty sync tail \
  tee test timeout touch tr true uname uniq wc which whoami yes; do
  path=$(command -v "$tool" || true)
  case $path in /*) ln -s "$path" "$work/bin/$tool" ;; esac
done

# What npm needs to know of this network, and nothing else of this environment.
bare() {
  exec env -i PATH="$work/bin" HOME="$work/home" npm_config_userconfig="${npm_config_userconfig:-$HOME/.npmrc}" \
    ${NODE_EXTRA_CA_CERTS:+NODE_EXTRA_CA_CERTS="$NODE_EXTRA_CA_CERTS"} \
    ${HTTPS_PROXY:+HTTPS_PROXY="$HTTPS_PROXY"} sh -c "$1"
}

dev='npm install && npx bun run dev'
tests='npm install && npx bun run test'
cd "$work/tree"
grep -qx "$dev" README.md && grep -qx "$tests" README.md

echo "== $dev, until the client has heard the greeting"
mkfifo "$work/log"
bare "npm install && exec timeout 120 ${dev#*&& }" >"$work/log" 2>&1 &
heard=no
while IFS= read -r line; do
  printf '%s\n' "$line"
  case $line in *"[RECEIVED] {1:"*) heard=yes && kill -TERM $! 2>/dev/null || true ;; esac
done <"$work/log"
[ "$heard" = yes ] || { echo "bare-machine: the client has heard nothing" >&2; exit 1; }

echo "== $tests"
(bare "$tests")
