#!/usr/bin/env bash
# Writes constraints.txt: what a fresh install of the dev extra resolves to today. Usage: scripts/pin.sh [PYTHON]
set -euo pipefail
cd "$(dirname "$0")/.."

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"${1:-python3}" -m venv "$fresh"
"$fresh/bin/python" -m pip install --quiet --disable-pip-version-check -e '.[dev]'
{
  echo "# The exact versions that CI installs. Written by \`make constraints\`."
  "$fresh/bin/python" -m pip freeze --exclude-editable
} > constraints.txt
echo "constraints.txt: $(grep -c == constraints.txt) packages pinned"
