#!/bin/sh
# Prints C code that holds the files named on the command line: files_embed.sh FILE...
set -eu
printf '#include "files.h"\n\n'
number=0
for file; do
	printf 'static const unsigned char file_%d[] = {\n' "$number"
	od -An -v -tx1 "$file" | sed 's/\([0-9a-f][0-9a-f]\)/0x\1,/g'
	printf '};\n\n'
	number=$((number + 1))
done
printf 'const struct file embedded_files[] = {\n'
number=0
for file; do
	printf '\t{ "%s", file_%d, sizeof(file_%d) },\n' "${file##*/}" "$number" "$number"
	number=$((number + 1))
done
printf '\t{ 0 },\n};\n'
