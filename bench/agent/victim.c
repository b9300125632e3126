/*
 * Work that others watch: as much of it as it is told, so that its CPU time says what watching costs.
 *
 *     victim files N        N times: opens a file, asks for its status, reads 4 kB of it, closes it
 *     victim requests N     N times: a request of 100 bytes over loopback TCP, an answer of 16 kB
 *     victim stream N       N megabytes through a loopback TCP connection, in pieces of 64 kB
 *
 * The two ends of a connection stay on the first two CPUs: where the scheduler puts them changes what a megabyte
 * costs by a third, which is many times what is to be measured.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char buffer[64 * 1024];

static void need(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

static void files(long count)
{
	char path[] = "/tmp/sonde-victim-XXXXXX";
	int fd = mkstemp(path);
	need(fd >= 0 && write(fd, buffer, 4096) == 4096, path);
	close(fd);
	for (long i = 0; i < count; i++) {
		struct stat status;
		fd = open(path, O_RDONLY);
		need(fd >= 0 && fstat(fd, &status) == 0 && read(fd, buffer, 4096) == 4096, path);
		close(fd);
	}
	unlink(path);
}

static void all(int fd, size_t size, int writing)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = writing ? write(fd, buffer, size - done) : read(fd, buffer, size - done);
		need(n > 0, writing ? "write" : "read");
		done += n;
	}
}

static void stay_on(int cpu)
{
	cpu_set_t cpus;
	CPU_ZERO(&cpus);
	CPU_SET(cpu % sysconf(_SC_NPROCESSORS_ONLN), &cpus);
	need(sched_setaffinity(0, sizeof(cpus), &cpus) == 0, "sched_setaffinity");
}

/* Two processes on one connection: the child does `server`, the parent `client`. */
static void connected(void (*server)(int, long), void (*client)(int, long), long count)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
	need(listener >= 0 && bind(listener, (void *)&address, length) == 0 && listen(listener, 1) == 0 &&
		     getsockname(listener, (void *)&address, &length) == 0,
	     "listen");
	pid_t child = fork();
	need(child >= 0, "fork");
	stay_on(child == 0 ? 1 : 0);
	int fd = child == 0 ? accept(listener, NULL, NULL) : socket(AF_INET, SOCK_STREAM, 0);
	need(fd >= 0 && (child == 0 || connect(fd, (void *)&address, length) == 0), "connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (child == 0) {
		server(fd, count);
		exit(0);
	}
	client(fd, count);
	int status;
	need(waitpid(child, &status, 0) == child && status == 0, "the other end");
}

static void answer(int fd, long count)
{
	while (count-- > 0) {
		all(fd, 100, 0);
		all(fd, 16 * 1024, 1);
	}
}

static void ask(int fd, long count)
{
	while (count-- > 0) {
		all(fd, 100, 1);
		all(fd, 16 * 1024, 0);
	}
}

static void drain(int fd, long megabytes)
{
	for (long i = 0; i < megabytes * 16; i++)
		all(fd, sizeof(buffer), 0);
}

static void fill(int fd, long megabytes)
{
	for (long i = 0; i < megabytes * 16; i++)
		all(fd, sizeof(buffer), 1);
}

int main(int argc, char **argv)
{
	long count = argc == 3 ? atol(argv[2]) : 0;
	if (count > 0 && strcmp(argv[1], "files") == 0)
		files(count);
	else if (count > 0 && strcmp(argv[1], "requests") == 0)
		connected(answer, ask, count);
	else if (count > 0 && strcmp(argv[1], "stream") == 0)
		connected(drain, fill, count);
	else {
		fprintf(stderr, "usage: victim files|requests|stream N\n");
		return 2;
	}
	return 0;
}
