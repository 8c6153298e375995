#!/usr/bin/env bash
# Writes the bindings of native-bindings anew from heddle.h and symbols.txt.
#
#   jextract/regenerate.sh           replace the committed bindings
#   jextract/regenerate.sh --check   compare only; exit 1 where they differ
#
# Uses the jextract that JEXTRACT names, else the one on PATH. README.md says which version and where to get it.
set -euo pipefail

readonly here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly bindings=$here/../native-bindings/src/generated/java
readonly package=dev.heddle.affinity.internal.generated
readonly wanted=22

case ${1-} in
  '' | --check) ;;
  *) echo "usage: regenerate.sh [--check]" >&2; exit 2 ;;
esac

jextract=${JEXTRACT:-jextract}
if ! command -v "$jextract" >/dev/null; then
  echo "regenerate.sh: no jextract on PATH and none named by JEXTRACT. Get version $wanted: see $here/README.md" >&2
  exit 69
fi
found=$("$jextract" --version 2>&1 | sed -n 's/^jextract //p' | head -n 1)
if [[ $found != "$wanted" ]]; then
  echo "regenerate.sh: $jextract is version '$found', the bindings are made with version $wanted" >&2
  exit 69
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$jextract" --output "$scratch" --target-package "$package" --header-class-name Libc \
  "@$here/symbols.txt" "$here/heddle.h"

if [[ ${1-} == --check ]]; then
  if ! diff -ru "$bindings" "$scratch"; then
    echo "regenerate.sh: the committed bindings are not what $jextract makes of heddle.h and symbols.txt" >&2
    exit 1
  fi
  echo "the committed bindings are what jextract $found makes of heddle.h and symbols.txt"
else
  rm -rf "$bindings"
  mkdir -p "$bindings"
  cp -r "$scratch/." "$bindings/"
  echo "wrote $bindings"
fi
