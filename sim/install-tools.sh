#!/bin/bash
# Installs those of the named tools that are missing, with apt-get; says nothing if none is.
#
#   sim/install-tools.sh [-n] TOOL...
#
# TOOL: make | g++ | verilator | iverilog | yosys | zlib (the header that waves need)
# -n prints the command and runs nothing. Needs root or sudo; where neither is there, or no apt-get,
# it names the command and exits with 3, the exit code of clashfree for a missing tool.
set -euo pipefail

dry=
if [[ ${1-} == -n ]]; then
  dry=yes
  shift
fi

have() { command -v "$1" >/dev/null 2>&1; }

# The package that brings a tool; nothing if the tool is there.
missing() {
  case $1 in
    make) have make || echo make ;;
    g++) have "${CXX%% *}" || have g++ || have clang++ || echo g++ ;;
    verilator) have "${CLASHFREE_VERILATOR-}" || have verilator || echo verilator ;;
    iverilog) have iverilog || echo iverilog ;;
    yosys) have yosys || echo yosys ;;
    zlib) [[ -e /usr/include/zlib.h ]] || echo zlib1g-dev ;;
    *)
      echo "${0##*/}: there is no tool '$1'" >&2
      exit 2
      ;;
  esac
}

CXX=${CXX-}
packages=()
for tool in "$@"; do
  package=$(missing "$tool")
  [[ -z $package ]] || packages+=("$package")
done
[[ ${#packages[@]} -gt 0 ]] || exit 0

install="apt-get install --yes --no-install-recommends ${packages[*]}"
if [[ -n $dry ]]; then
  echo "$install"
  exit 0
fi

give_up() {
  printf 'missing: %s\n%s\n' "${packages[*]}" "$1" >&2
  exit 3
}

have apt-get || give_up 'There is no apt-get here: install what Debian calls so, then try again.'
if [[ $(id -u) -eq 0 ]]; then
  as_root=(env)
elif have sudo && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
  as_root=(sudo env)
else
  give_up "Installing needs root. Run this, then try again:
  su -c 'apt-get update && $install'"
fi
echo "missing: ${packages[*]}; installing with apt-get"
"${as_root[@]}" apt-get update --quiet
# Words of $install, one an argument.
# shellcheck disable=SC2086
"${as_root[@]}" DEBIAN_FRONTEND=noninteractive $install
