#!/bin/sh
# Compile the mail templates: every NAME.mjml here becomes ../app/templates/mail/NAME.html (or DIRECTORY/NAME.html).
# The results are checked in, so only who changes a source needs npm.
#
#   sh build.sh [DIRECTORY]
set -eu

here=$(cd "$(dirname "$0")" && pwd)
target=${1:-$here/../app/templates/mail}

[ -x "$here/node_modules/.bin/mjml" ] || npm --prefix "$here" ci --no-audit --no-fund --ignore-scripts
cd "$here"
node_modules/.bin/mjml [!_]*.mjml -o "$target" --config.beautify true --config.validationLevel strict
