#!/usr/bin/env bash
# Makes a virtual environment from a hashed requirements file and installs this checkout into it, so that edits take effect.
#   tools/environment.sh FOLDER REQUIREMENTS
set -euo pipefail
folder=$1 requirements=$2

say() { printf '%s\n' "$*" >&2; }

python=""
for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
  [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
  if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$(command -v "$candidate"); break; fi
done
if [ -z "$python" ]; then
  say "Python 3.11 or newer was not found. Install it (Debian, Ubuntu: apt-get install python3) and run the command again."
  exit 1
fi

# Debian and Ubuntu ship Python without what a virtual environment needs.
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
  package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "Installing $package ..."
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package"; } >/dev/null
  else
    say "Python's venv module is missing. Install it (sudo apt-get install $package) and run the command again."
    exit 1
  fi
fi

if ! "$folder/bin/python" -c '' >/dev/null 2>&1; then
  say "Making the environment in $folder ..."
  "$python" -m venv --clear "$folder"
fi
say "Installing the locked packages of $requirements ..."
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$requirements"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation --editable .

# What the tests of the pages need of npm; they are skipped, with the reason, where it cannot be had.
case $requirements in
*-dev.lock)
  place=.cache/axe
  if ! command -v npm >/dev/null 2>&1; then
    say "npm was not found: tests of accessibility with axe-core will be skipped."
  elif ! cmp -s tests/web/axe/package-lock.json "$place/package-lock.json" || [ ! -f "$place/node_modules/axe-core/axe.min.js" ]; then
    mkdir -p "$place"
    cp tests/web/axe/package.json tests/web/axe/package-lock.json "$place/"
    npm ci --prefix "$place" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null 2>&1 ||
      { rm -rf "$place"; say "axe-core could not be installed: tests of accessibility with it will be skipped."; }
  fi ;;
esac
