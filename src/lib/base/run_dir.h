/*
 * The command line of a built-in that finds all it needs in run_dir: [-V] [-r run_dir].  Looks at
 * nothing on disk.
 */
#ifndef BASE_RUN_DIR_H
#define BASE_RUN_DIR_H

/*
 * Opens the log under this name, and answers -V.  Where -r is not given it is JOBD_RUN_DIR, which
 * jobd sets.  Anything else ends the process with the usage.
 */
const char *run_dir_from(const char *name, int argc, char *argv[]);

#endif
