#!/usr/bin/env bash
# Installs the npm packages of tests/fhir/medplum, which the tests ask about FHIR, into build/peers/medplum;
# and Node.js from Debian, where there is none.  Does nothing where they are already there.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/peers_common.sh

source=tests/fhir/medplum/package.json
folder=build/peers/medplum
noted=$folder/.sources

if [ -f "$noted" ] && cmp -s "$source" "$noted"; then
  echo "peers: Medplum is here"
  exit 0
fi

# Scripts of packages are not run, and no lock file is kept: package.json names exact versions.
from_npm() {
  npm install --prefix "$folder" --no-package-lock --ignore-scripts --omit=peer --omit=optional --no-audit --no-fund \
    --loglevel=error
}

missing=()
command -v node > /dev/null || missing+=(nodejs)
command -v npm > /dev/null || missing+=(npm)
[ "${#missing[@]}" -eq 0 ] || from_debian "${missing[@]}"

rm -rf "$folder"
mkdir -p "$folder"
cp "$source" "$folder/package.json"
three_times from_npm || { echo "peers: could not install $source" >&2; exit 1; }
cp "$source" "$noted"
echo "peers: installed Medplum"
