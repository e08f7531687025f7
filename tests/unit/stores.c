#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "stores.h"

char stores_path[96], stores_dir[64];
bool stores_on_disk;

int
stores_open_memory(void **state)
{
	stores_on_disk = false;
	*state = store_memory_open();
	return *state == NULL ? -1 : 0;
}

int
stores_open_sqlite(void **state)
{
	char error[STORE_ERROR_MAX] = "";

	stores_on_disk = true;
	snprintf(stores_dir, sizeof(stores_dir), "/tmp/jobd-test-store-XXXXXX");
	if (mkdtemp(stores_dir) == NULL)
		return -1;
	snprintf(stores_path, sizeof(stores_path), "%s/q.db", stores_dir);
	*state = store_sqlite_open(stores_path, 100, error);
	if (*state == NULL)
		fprintf(stderr, "%s\n", error);
	return *state == NULL ? -1 : 0;
}

/* With whatever else the test has put there. */
static int
remove_directory(void)
{
	DIR *directory = opendir(stores_dir);
	struct dirent *entry;

	if (directory == NULL)
		return -1;
	while ((entry = readdir(directory)) != NULL)
		unlinkat(dirfd(directory), entry->d_name, 0);
	closedir(directory);
	return rmdir(stores_dir);
}

int
stores_close(void **state)
{
	struct store *store = *state;

	if (store != NULL)
		store->ops->close(store);
	return stores_on_disk ? remove_directory() : 0;
}

struct store *
stores_reopen(void **state)
{
	struct store *store = *state;
	char error[STORE_ERROR_MAX] = "";

	store->ops->close(store);
	*state = store = store_sqlite_open(stores_path, 100, error);
	if (store == NULL)
		fail_msg("%s", error);
	return store;
}
