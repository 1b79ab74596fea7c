/* Sits between a process and its files (LD_PRELOAD): records what it does to the files of one directory, in order, and fails on demand.
 *
 * DISK_DIRECTORY  the directory whose files are watched
 * DISK_LOG        a file that gets a record of each operation that succeeded: kind, length of the name, offset, length (one byte, three
 *                 little-endian numbers of 8 bytes), name, bytes. Kinds: W write, S sync, T truncate (to the offset), U unlink.
 * DISK_FAULT      a file; while it exists and says "write N" or "sync N", those operations on history.db* fail with errno N.
 *
 * Writes through a memory map are not seen: those to the index of a write-ahead log, which is rebuilt from the log.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static int (*real_ftruncate)(int, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_unlink)(const char *);
static const char *directory;
static const char *fault;
static int log_file = -1;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    fault = getenv("DISK_FAULT");
    const char *log = getenv("DISK_LOG");
    if (log) log_file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    directory = getenv("DISK_DIRECTORY");
}

static const char *name_in_directory(const char *path) {
    size_t length = directory ? strlen(directory) : 0;
    return length && strncmp(path, directory, length) == 0 && path[length] == '/' ? path + length + 1 : NULL;
}

/* The name of an open file within the directory, or NULL. */
static const char *name_of(int file, char *path, size_t size) {
    if (!directory) return NULL;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, size - 1);
    if (length < 0) return NULL;
    path[length] = 0;
    return name_in_directory(path);
}

static void record(char kind, const char *name, uint64_t offset, const void *bytes, uint64_t length) {
    if (log_file < 0) return;
    uint64_t numbers[3] = { strlen(name), offset, length };
    pthread_mutex_lock(&gate);
    if (real_write(log_file, &kind, 1) < 0 || real_write(log_file, numbers, sizeof numbers) < 0
        || real_write(log_file, name, strlen(name)) < 0 || (bytes && real_write(log_file, bytes, length) < 0)) abort();
    pthread_mutex_unlock(&gate);
}

/* Whether the operation must fail; then sets errno. */
static int fails(const char *operation, const char *name) {
    if (!fault || strncmp(name, "history.db", 10) != 0) return 0;
    int file = open(fault, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    char text[32] = { 0 };
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    size_t word = strlen(operation);
    if (length <= 0 || strncmp(text, operation, word) != 0) return 0;
    errno = atoi(text + word);
    return 1;
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) {
    char path[4096];
    const char *name = name_of(file, path, sizeof path);
    if (!name) return real_pwrite(file, bytes, length, offset);
    if (fails("write", name)) return -1;
    ssize_t written = real_pwrite(file, bytes, length, offset);
    if (written > 0) record('W', name, (uint64_t)offset, bytes, (uint64_t)written);
    return written;
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset) { return pwrite64(file, bytes, length, offset); }

ssize_t write(int file, const void *bytes, size_t length) {
    char path[4096];
    const char *name = name_of(file, path, sizeof path);
    if (!name) return real_write(file, bytes, length);
    if (fails("write", name)) return -1;
    off64_t offset = lseek64(file, 0, SEEK_CUR);
    ssize_t written = real_write(file, bytes, length);
    if (written > 0) record('W', name, (uint64_t)offset, bytes, (uint64_t)written);
    return written;
}

int ftruncate64(int file, off64_t length) {
    char path[4096];
    const char *name = name_of(file, path, sizeof path);
    if (name && fails("write", name)) return -1;
    int result = real_ftruncate(file, length);
    if (name && result == 0) record('T', name, (uint64_t)length, NULL, 0);
    return result;
}

int ftruncate(int file, off_t length) { return ftruncate64(file, length); }

static int sync_with(int (*real)(int), int file) {
    char path[4096];
    const char *name = name_of(file, path, sizeof path);
    if (name && fails("sync", name)) return -1;
    int result = real(file);
    if (name && result == 0) record('S', name, 0, NULL, 0);
    return result;
}

int fsync(int file) { return sync_with(real_fsync, file); }

int fdatasync(int file) { return sync_with(real_fdatasync, file); }

int unlink(const char *path) {
    int result = real_unlink(path);
    const char *name = name_in_directory(path);
    if (name && result == 0) record('U', name, 0, NULL, 0);
    return result;
}
