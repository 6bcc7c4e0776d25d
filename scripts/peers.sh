#!/usr/bin/env bash
# Installs the independent tools that the tests compare with: dcmtk, dicom3tools and PixelMed, from Debian;
# and builds those that tests bring as Maven projects (tests/fhir/*/pom.xml) into build/peers.
# Does nothing where they are already there.
set -euo pipefail
cd "$(dirname "$0")/.."

source scripts/peers_common.sh

# What shows that a package is there: a command, or the file of a library.
declare -A command_of=([dcmtk]=dsrdump [dicom3tools]=dciodvfy [default-jdk-headless]=javac [maven]=mvn
  [libpixelmed-java]=/usr/share/java/pixelmed.jar)
missing=()
for package in "${!command_of[@]}"; do
  command -v "${command_of[$package]}" > /dev/null || [ -f "${command_of[$package]}" ] || missing+=("$package")
done

if [ "${#missing[@]}" -eq 0 ]; then
  echo "peers: dcmtk, dicom3tools, PixelMed and Maven are here"
else
  from_debian "${missing[@]}"
fi

# Each project builds into build/peers/NAME: its jar, and what that needs in lib/. What it was built from is noted
# there, so that the same sources are not built again.
for pom in tests/fhir/*/pom.xml; do
  [ -f "$pom" ] || continue
  source=$(dirname "$pom")
  name=$(basename "$source")
  noted="build/peers/$name/.sources"
  sources=$(find "$source" scripts/peers_definitions.py -type f -print0 | sort -z | xargs -0 sha256sum)
  if [ -f "$noted" ] && [ "$(cat "$noted")" = "$sources" ]; then
    echo "peers: $name is built"
    continue
  fi
  rm -rf "build/peers/$name"
  three_times mvn -B -q -Dstyle.color=never -f "$pom" package || { echo "peers: could not build $pom" >&2; exit 1; }
  python3 scripts/peers_definitions.py "build/peers/$name/lib"
  printf '%s\n' "$sources" > "$noted"
  echo "peers: built $name"
done
