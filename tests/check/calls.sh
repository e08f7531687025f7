#!/bin/sh
# The sources call nothing that our style does not use.
. "${srcdir:?}/tests/check/guard.sh"
needs python

check() {
	"$python" "$checks/calls.py" "$1"
}

check "$srcdir" || fail "a call that is not used here"

copy src
added src/jobd/wrong.c 'void wrong(void) { strcpy(a, b); }' check "$work/tree"

# Each of them, in one run: as many lines are noticed.
cat >"$work/tree/src/jobd/wrong.c" <<'CODE'
strcpy(a, b); strcat(a, b); sprintf(a, b); gets(a); strtok(a, b);
atoi(a); atol (a);
localtime(&a); gmtime(&a);
system(a); popen(a, b); alloca(1);
signal(1, a); sleep(1);
CODE
noticed "any of them" check "$work/tree"
[ "$(wc -l <"$work/noticed")" -eq 14 ] || fail "not each is noticed: $(cat "$work/noticed")"
rm "$work/tree/src/jobd/wrong.c"

# What only looks like one must not be noticed.
cat >"$work/tree/src/jobd/right.c" <<'CODE'
/* system(a), sleep(1) */
const char *text = "atoi(a) \" gets(a)"; // strcpy(a, b)
void right(void) { exit_signal(1); run.signal(2); it->system(); localtime_r(a, b); char quote = '"'; }
const char *other = "sprintf(a)";
CODE
check "$work/tree" || fail "something is noticed that is no call"
