#!/bin/sh
# Every file of the repository is in the tarball; distcheck itself notices only those that a build needs.
. "${srcdir:?}/tests/check/guard.sh"
needs git awk
# An unpacked tarball may lie in the build folder of a checkout: that one's files are not its own.
[ "$(git -C "$srcdir" rev-parse --show-toplevel 2>/dev/null)" = "$(cd "$srcdir" && pwd -P)" ] || skip "this is no checkout"

# Only for those who work on the repository; and what the dist-hook of contrib/local.mk packs.
apart='^\.gitignore$|^tests/e2e/(.*\.py|programs/.*)$'

# check LIST: each file that git knows is on the list, or below a folder on it.
check() {
	git -C "$srcdir" ls-files | grep -Ev "$apart" | awk -v list="$1" '
		BEGIN { while ((getline name < list) > 0) listed[name] = 1 }
		{
			path = $0
			while (!(path in listed) && sub(/\/[^\/]*$/, "", path))
				;
			if (!(path in listed)) { print $0 " is not in the tarball"; missing = 1 }
		}
		END { exit missing }'
}

list=$builddir/tests/check/distfiles
check "$list" || fail "add it to _SOURCES or EXTRA_DIST of the local.mk of its folder"

for file in README.md src/jobd/state.h tests/check/guard.sh; do
	grep -vx "$file" "$list" >"$work/fewer" && noticed "no $file" check "$work/fewer"
done
