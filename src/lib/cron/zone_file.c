#include <sys/stat.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/words.h"
#include "cron/zone.h"
#include "cron/zone_file.h"

#define ZONEINFO      "/usr/share/zoneinfo"
#define LOCALTIME     "/etc/localtime"
#define HEADER_BYTES  44
#define ENTRIES_MAX   512
#define COUNTS_OFFSET 20

static const char *
zoneinfo_directory(void)
{
	const char *directory = getenv("TZDIR");

	return directory != NULL && *directory != '\0' ? directory : ZONEINFO;
}

/* A relative path of plain names, so that nothing outside the zoneinfo directory can be meant. */
static bool
name_is_safe(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > ZONE_NAME_MAX || !isalpha((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < len; i++) {
		bool joint = name[i] == '/';

		if (!isalnum((unsigned char)name[i]) && strchr("/_+-", name[i]) == NULL)
			return false;
		if (joint && !isalpha((unsigned char)name[i + 1]))
			return false;
	}
	return true;
}

static uint32_t
read_be32(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

/* Length of the data behind a header of RFC 8536, or -1 if it is none; time_bytes is 4 in version
 * 1, otherwise 8. */
static int64_t
block_length(const unsigned char *header, int time_bytes)
{
	int64_t count[6];

	if (memcmp(header, "TZif", 4) != 0)
		return -1;
	for (int i = 0; i < 6; i++) {
		count[i] = read_be32(header + COUNTS_OFFSET + i * 4);
		if (count[i] > 100000)
			return -1;
	}
	/* In file order: UT marks, standard marks, leap seconds, times, types, abbreviations. */
	return count[0] + count[1] + count[2] * (time_bytes + 4) + count[3] * (time_bytes + 1) +
	       count[4] * 6 + count[5];
}

/* The C library takes a damaged file for UTC, so a cut off one must be noticed here. */
static bool
file_is_whole(int fd, int64_t size)
{
	unsigned char header[HEADER_BYTES];
	int64_t length, second = 0;

	if (pread(fd, header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
	    (length = block_length(header, 4)) == -1)
		return false;
	if (header[4] != '\0') {
		second = HEADER_BYTES + length;
		if (pread(fd, header, sizeof(header), second) != (ssize_t)sizeof(header) ||
		    (length = block_length(header, 8)) == -1)
			return false;
	}
	return second + HEADER_BYTES + length <= size;
}

static const char *
file_problem(const char *path)
{
	const char *problem = NULL;
	struct stat status;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return errno == ENOENT || errno == ENOTDIR
			   ? "is not a time zone in the system's database"
			   : "is a time zone whose file can not be read";
	if (fstat(fd, &status) == -1 || !S_ISREG(status.st_mode))
		problem = "is not a time zone in the system's database";
	else if (!file_is_whole(fd, status.st_size))
		problem = "is a time zone whose file is damaged, or no zone file";
	close(fd);
	return problem;
}

const char *
zone_file_check(const char *name)
{
	char path[PATH_MAX];

	if (strcmp(name, ZONE_FILE_LOCAL) == 0)
		return file_problem(LOCALTIME);
	if (!name_is_safe(name))
		return "is not a time zone name such as Europe/Berlin";
	if (strncmp(name, "right/", strlen("right/")) == 0)
		return "counts leap seconds, which system time does not";
	if (snprintf(path, sizeof(path), "%s/%s", zoneinfo_directory(), name) >= (int)sizeof(path))
		return "has too long a path";
	return file_problem(path);
}

/* The part of a path behind the zoneinfo directory, or NULL. */
static const char *
path_below_zoneinfo(const char *path)
{
	const char *directory = zoneinfo_directory(), *found;
	size_t len = strlen(directory);

	if (strncmp(path, directory, len) == 0 && path[len] == '/')
		return path + len + 1;
	if ((found = strstr(path, "/zoneinfo/")) != NULL)
		return found + strlen("/zoneinfo/");
	return NULL;
}

static int
name_from_environment(const char *value, char *buf, size_t size, char *err, size_t errlen)
{
	const char *name = *value == ':' ? value + 1 : value, *below, *problem;

	if (*name == '/' && (below = path_below_zoneinfo(name)) != NULL)
		name = below;
	if (*name == '\0')
		name = "UTC";
	problem = zone_file_check(name);
	if (problem != NULL) {
		snprintf(err, errlen, "the system's zone: TZ is '%.80s', which %s", value, problem);
		return -1;
	}
	snprintf(buf, size, "%s", name);
	return 0;
}

int
zone_file_system(char *buf, size_t size, char *err, size_t errlen)
{
	const char *value = getenv("TZ"), *below, *problem;
	char target[PATH_MAX];
	ssize_t len;

	if (value != NULL)
		return name_from_environment(value, buf, size, err, errlen);
	len = readlink(LOCALTIME, target, sizeof(target) - 1);
	if (len == -1) {
		snprintf(buf, size, "%s", access(LOCALTIME, F_OK) == 0 ? ZONE_FILE_LOCAL : "UTC");
		return 0;
	}
	target[len] = '\0';
	below = path_below_zoneinfo(target);
	snprintf(buf, size, "%s",
	    below != NULL && zone_file_check(below) == NULL ? below : ZONE_FILE_LOCAL);
	if ((problem = zone_file_check(buf)) != NULL) {
		snprintf(err, errlen,
		    "the system's zone: " LOCALTIME " leads to '%.200s', which %s", target,
		    problem);
		return -1;
	}
	return 0;
}

/* The entry of a directory below zoneinfo nearest to `word`, in either case of letters. */
static bool
entry_nearest(const char *directory, const char *word, char *buf, size_t size)
{
	char *entries[ENTRIES_MAX + 1], path[PATH_MAX];
	const struct dirent *entry;
	const char *nearest = NULL;
	size_t count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", zoneinfo_directory(), directory);
	if ((dir = opendir(path)) == NULL)
		return false;
	while (count < ENTRIES_MAX && (entry = readdir(dir)) != NULL)
		if (name_is_safe(entry->d_name) && (entries[count] = strdup(entry->d_name)) != NULL)
			count++;
	closedir(dir);
	entries[count] = NULL;
	for (size_t i = 0; i < count && nearest == NULL; i++)
		if (strcasecmp(entries[i], word) == 0)
			nearest = entries[i];
	if (nearest == NULL)
		nearest = words_nearest(word, (const char *const *)entries);
	if (nearest != NULL)
		snprintf(buf, size, "%s", nearest);
	while (count > 0)
		free(entries[--count]);
	return nearest != NULL;
}

bool
zone_file_nearest(const char *name, char *buf, size_t size)
{
	char corrected[ZONE_NAME_MAX * 4] = "", part[ZONE_NAME_MAX + 1], entry[ZONE_NAME_MAX + 1];

	if (strlen(name) > ZONE_NAME_MAX || strstr(name, "..") != NULL)
		return false;
	for (;;) {
		size_t len = strcspn(name, "/"), used = strlen(corrected);

		snprintf(part, sizeof(part), "%.*s", (int)len, name);
		if (!entry_nearest(corrected, part, entry, sizeof(entry)))
			return false;
		snprintf(
		    corrected + used, sizeof(corrected) - used, "%s%s", used > 0 ? "/" : "", entry);
		if (name[len] == '\0')
			break;
		name += len + 1;
	}
	if (zone_file_check(corrected) != NULL)
		return false;
	snprintf(buf, size, "%s", corrected);
	return true;
}
