/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system.h"

#define LINK_SIZE 40

/* Each is opened the wrong way round, so that using it is the error that it was. */
static bool reserve_standard_files(void)
{
	static const int flags[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", flags[fd]) != fd)
			return false;
	return true;
}

bool system_begin(void)
{
	/* A reader that has gone is an error like others: states are saved, devices left in order. */
	return reserve_standard_files() && signal(SIGPIPE, SIG_IGN) != SIG_ERR;
}

bool system_has_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

size_t system_get_columns(void)
{
	struct winsize window = { 0 };

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 ? window.ws_col : 80;
}

/* A signal handler is given nothing but the signal's number. */
static void (*interrupt_handler)(void);

static void handle_signal(int number)
{
	int error = errno;

	(void)number;
	interrupt_handler();
	errno = error;
}

void system_watch_interrupts(void (*handler)(void))
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = handle_signal };
	struct sigaction old;

	interrupt_handler = handler;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}

size_t system_get_folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

enum system_kind system_get_kind(const char *path)
{
	struct stat status;

	if (stat(path, &status) == 0)
		return S_ISREG(status.st_mode) ? SYSTEM_FILE : SYSTEM_OTHER;
	if (lstat(path, &status) == 0)
		return SYSTEM_LINK;
	return errno == ENOENT && *path ? SYSTEM_NOTHING : SYSTEM_UNKNOWN;
}

char *system_resolve(const char *path)
{
	return realpath(path, NULL);
}

/* Not every file system knows modes. */
bool system_copy_mode(const char *path, FILE *file)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return false;
	if (fchmod(fileno(file), status.st_mode & 0777) < 0)
		errno = 0;
	return true;
}

bool system_get_written(const char *path, unsigned long long *time_ns)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return false;
	*time_ns = (unsigned long long)status.st_mtim.tv_sec * 1000000000 + (unsigned long long)status.st_mtim.tv_nsec;
	return true;
}

static FILE *open_descriptor(int fd)
{
	FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");

	if (fd >= 0 && !file)
		close(fd);
	return file;
}

/* Files without a name (Linux's O_TMPFILE): whatever becomes of this process, none is left. */

static void put_link(char link[LINK_SIZE], int fd)
{
	snprintf(link, LINK_SIZE, "/proc/self/fd/%d", fd);
}

FILE *system_create_nameless(const char *path)
{
#ifdef O_TMPFILE
	size_t length = system_get_folder_length(path);
	char *folder = length ? strndup(path, length) : strdup(".");
	int fd = folder ? open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666) : -1;
	char link[LINK_SIZE];

	free(folder);
	put_link(link, fd);
	/* By this it gets its name. */
	if (fd >= 0 && access(link, F_OK) != 0) {
		close(fd);
		fd = -1;
	}
	return open_descriptor(fd);
#else
	(void)path;
	return NULL;
#endif
}

/* mkstemp() makes files that only their owner can read. */
static void set_usual_mode(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	(void)fchmod(fd, 0666 & ~mask);
}

FILE *system_create_temporary(char *pattern)
{
	int fd = mkstemp(pattern);

	if (fd < 0)
		return NULL;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	set_usual_mode(fd);
	return open_descriptor(fd);
}

bool system_make_private(FILE *file)
{
	return fchmod(fileno(file), S_IRUSR | S_IWUSR) == 0;
}

bool system_name(FILE *file, const char *to)
{
	char link[LINK_SIZE];

	put_link(link, fileno(file));
	return linkat(AT_FDCWD, link, AT_FDCWD, to, AT_SYMLINK_FOLLOW) == 0;
}

bool system_rename_new(const char *from, const char *to)
{
	if (link(from, to) == 0)
		return unlink(from) == 0;
	if (errno == EEXIST)
		return false;
#ifdef RENAME_NOREPLACE
	/* FAT has no links. */
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0;
#else
	return false;
#endif
}

bool system_replace(const char *from, const char *to)
{
	return rename(from, to) == 0;
}

bool system_flush(FILE *file)
{
	return fsync(fileno(file)) == 0 || errno == EINVAL || errno == ENOSYS;
}

bool system_get_size(FILE *file, unsigned long long *size)
{
	struct stat status;

	if (fstat(fileno(file), &status) < 0)
		return false;
	*size = (unsigned long long)status.st_size;
	return true;
}
