/*
 * Completion for the shells: which words may stand next.  What the shells do is in
 * contrib/completion; which words there are is known here alone.
 */
#ifndef JOBCTL_COMPLETE_H
#define JOBCTL_COMPLETE_H

/*
 * `words` (NULL-ended) are those behind "jobctl"; the last one is being completed and may be empty.
 * Prints a candidate a line, with a tab and its meaning behind it if it has one; ":files" and
 * ":directories" ask the shell for those.  Always 0: a shell must not print errors into a prompt.
 */
int complete_words(const char **words);

#endif
