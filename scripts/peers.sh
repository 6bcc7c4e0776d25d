#!/usr/bin/env bash
# Installs the independent DICOM tools that the tests compare with: dcmtk, dicom3tools and PixelMed, from Debian.
# Does nothing where they are already there.
set -euo pipefail

# What shows that a package is there: a command, or the file of a library.
declare -A command_of=([dcmtk]=dsrdump [dicom3tools]=dciodvfy [default-jre-headless]=java
  [libpixelmed-java]=/usr/share/java/pixelmed.jar)
missing=()
for package in "${!command_of[@]}"; do
  command -v "${command_of[$package]}" > /dev/null || [ -f "${command_of[$package]}" ] || missing+=("$package")
done

if [ "${#missing[@]}" -eq 0 ]; then
  echo "peers: dcmtk, dicom3tools and PixelMed are here"
  exit 0
fi
if ! command -v apt-get > /dev/null; then
  echo "peers: no apt-get on this system; install ${missing[*]} by hand" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "peers: not root; run: sudo apt-get install ${missing[*]}" >&2
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
# A mirror that is busy for a moment is not a reason to fail a build.
for attempt in 1 2 3; do
  if apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; then
    echo "peers: installed ${missing[*]}"
    exit 0
  fi
  echo "peers: attempt $attempt of 3 failed" >&2
  sleep $((attempt * 5))
done
echo "peers: could not install ${missing[*]}" >&2
exit 1
