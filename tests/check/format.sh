#!/bin/sh
# All C is formatted as .clang-format says. Other versions of clang-format have other opinions, so one is pinned.
. "${srcdir:?}/tests/check/guard.sh"

version=14
for formatter in "clang-format-$version" clang-format; do
	case $("$formatter" --version 2>/dev/null) in
	*" version $version."*) break ;;
	esac
	formatter=
done
[ -n "$formatter" ] || skip "clang-format $version is not installed"

check() {
	find "$1/src" "$1/tests" -name '*.[ch]' -exec "$formatter" --dry-run -Werror {} +
}

check "$srcdir" || fail "not formatted; to do it: $formatter -i FILE..."

copy .clang-format src/jobd/main.c src/jobd/state.h
mkdir "$work/tree/tests"
check "$work/tree" || fail "the copy is not like the tree"
broken src/jobd/main.c 's/^	/    /' check "$work/tree"
broken src/jobd/main.c 's/^main(/int main(/' check "$work/tree"
broken src/jobd/state.h 's/^	STATE_/ STATE_/' check "$work/tree"
broken .clang-format 's/^ColumnLimit:.*/ColumnLimit: 60/' check "$work/tree"
