# lib/exec
