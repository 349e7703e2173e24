#!/bin/sh
# Rebuilds ../static/design/zw.css. Needs Node, only here: the output is committed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/package.json" "$here/zw.scss" "$work/"
cd "$work"
npm install --no-audit --no-fund --no-package-lock --ignore-scripts >/dev/null
{
  printf '%s\n' '/*! GOV.UK Frontend 6.6.0, MIT licence, Copyright (c) 2017 Crown Copyright (Government Digital Service); changed: see LICENSES.md */'
  npx sass --style=compressed --no-source-map --no-charset --load-path=node_modules --quiet-deps zw.scss |
    sed -E -e 's/:root\{--govuk-frontend-version: "[^"]*"\}//' \
        -e 's/[^{}]*\{content:" \(" attr\(href\) "\)"[^}]*\}//g' \
        -e 's/govuk-/zw-/g' \
        -e 's/line-height:1\.7([;}])/line-height:var(--zw-leading)\1/g' \
        -e 's/line-height:1\.35([;}])/line-height:var(--zw-leading-heading)\1/g'
} > "$here/../static/design/zw.css"
if grep -qE 'govuk|://|url\(|@font-face|@import' "$here/../static/design/zw.css"; then
  echo 'zw.css must not hold govuk, other hosts, fonts or imports' >&2
  exit 1
fi
gzip -9 -c "$here/../static/design/zw.css" | wc -c
