#!/usr/bin/env bash
# Installs the npm packages of tests/fhir/medplum, which the tests ask about FHIR, into build/peers/medplum;
# and Node.js from Debian, where there is none.  Does nothing where they are already there.
set -euo pipefail
cd "$(dirname "$0")/.."

source=tests/fhir/medplum/package.json
folder=build/peers/medplum
noted=$folder/.sources

if [ -f "$noted" ] && cmp -s "$source" "$noted"; then
  echo "peers: Medplum is here"
  exit 0
fi

three_times() {
  for attempt in 1 2 3; do
    if "$@"; then return 0; fi
    echo "peers: attempt $attempt of 3 failed: $*" >&2
    sleep $((attempt * 5))
  done
  return 1
}

from_debian() {
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"
}

# Scripts of packages are not run, and no lock file is kept: package.json names exact versions.
from_npm() {
  npm install --prefix "$folder" --no-package-lock --ignore-scripts --omit=peer --omit=optional --no-audit --no-fund \
    --loglevel=error
}

missing=()
command -v node > /dev/null || missing+=(nodejs)
command -v npm > /dev/null || missing+=(npm)
if [ "${#missing[@]}" -ne 0 ]; then
  if ! command -v apt-get > /dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "peers: ${missing[*]} missing; install them by hand, or run this as root on Debian" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  three_times from_debian "${missing[@]}"
fi

rm -rf "$folder"
mkdir -p "$folder"
cp "$source" "$folder/package.json"
three_times from_npm || { echo "peers: could not install $source" >&2; exit 1; }
cp "$source" "$noted"
echo "peers: installed Medplum"
