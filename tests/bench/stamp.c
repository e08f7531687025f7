/*
 * The program that the supervision benchmark has supervised: tells the time of its first
 * instruction to the datagram socket named by BENCH_SOCKET (or the first argument) and waits for
 * its end; with "exit" as second argument it ends at once.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int
main(int argc, char *argv[])
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = argc > 1 ? argv[1] : getenv("BENCH_SOCKET");
	struct timespec now;
	char text[64];
	int sock, len;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (path == NULL)
		return EXIT_FAILURE;
	strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
	len = snprintf(
	    text, sizeof(text), "%d %lld.%09ld", (int)getpid(), (long long)now.tv_sec, now.tv_nsec);
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	sendto(sock, text, (size_t)len, 0, (struct sockaddr *)&addr, sizeof(addr));
	close(sock);
	if (argc > 2 && strcmp(argv[2], "exit") == 0)
		return EXIT_FAILURE;
	for (;;)
		pause();
}
