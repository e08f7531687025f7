/*
 * JSON that people type: checked before it is sent, with words that say where it is wrong.
 */
#ifndef JOBCTL_ARGS_H
#define JOBCTL_ARGS_H

/*
 * The text as a JSON array of one line, allocated: what is an array stays one, any other value
 * becomes the only element.  NULL after a complaint that begins with `what`.
 */
char *args_array(const char *what, const char *text);

#endif
