/*
 * A program that writes numbered lines of 100 bytes to stdout as fast as it can, and the seconds
 * that took to a file.  usage: logger_writer BYTES BYTES-A-WRITE RESULT
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES 100

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Ten digits at the start of each line; the rest never changes. */
static void
block_number(char *block, size_t lines, uint64_t *number)
{
	for (size_t i = 0; i < lines; i++) {
		uint64_t rest = (*number)++;

		for (int digit = 9; digit >= 0; digit--, rest /= 10)
			block[i * LINE_BYTES + (size_t)digit] = (char)('0' + rest % 10);
	}
}

int
main(int argc, char **argv)
{
	size_t total, step, lines;
	uint64_t number = 0;
	double begin;
	char *block;
	FILE *result;

	if (argc != 4)
		return EXIT_FAILURE;
	total = strtoull(argv[1], NULL, 10);
	lines = strtoull(argv[2], NULL, 10) / LINE_BYTES;
	lines = lines == 0 ? 1 : lines;
	step = lines * LINE_BYTES;
	if ((block = malloc(step)) == NULL)
		return EXIT_FAILURE;
	memset(block, 'x', step);
	for (size_t i = 0; i < lines; i++)
		block[i * LINE_BYTES + LINE_BYTES - 1] = '\n';
	begin = now();
	for (size_t done = 0; done < total; done += step) {
		block_number(block, lines, &number);
		for (size_t at = 0; at < step;) {
			ssize_t written = write(STDOUT_FILENO, block + at, step - at);

			if (written == -1)
				return EXIT_FAILURE;
			at += (size_t)written;
		}
	}
	if ((result = fopen(argv[3], "w")) == NULL)
		return EXIT_FAILURE;
	fprintf(result, "%.6f\n", now() - begin);
	fclose(result);
	return EXIT_SUCCESS;
}
