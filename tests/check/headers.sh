#!/bin/sh
# Every header under src begins with a sentence that says what it is for.
. "${srcdir:?}/tests/check/guard.sh"
needs python

check() {
	"$python" "$checks/headers.py" "$1"
}

check "$srcdir" || fail "a header does not say what it is for"

copy src
broken src/jobd/state.h '1,/\*\//d' check "$work/tree"
broken src/jobd/state.h '2c\ * State.' check "$work/tree"
broken src/jobd/state.h 's/\.$//' check "$work/tree"
broken src/jobd/state.h '1i #include <stdbool.h>' check "$work/tree"
broken src/jobd/state.h '/^#ifndef/d' check "$work/tree"
broken src/jobd/state.h 's/JOBD_STATE_H/JOBD_RESTART_H/' check "$work/tree"
