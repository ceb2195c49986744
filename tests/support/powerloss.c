/* Preloaded into a process, it notes in order what that does to the files of one folder, so that a test can tell what
 * would be on the disk had the power failed at any moment: which bytes were written, and which were synced.
 * POWERLOSS_DIR is the folder, POWERLOSS_LOG the file of notes. Shared memory files of SQLite (-shm) hold nothing that
 * must last.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_FILES 4096
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static char *paths[MOST_FILES];
static int notes = -1;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

struct note {
    char what; /* W write, T truncate, S sync, U unlink */
    uint16_t path_length;
    int64_t offset, length;
} __attribute__((packed));

static void write_all(const void *data, size_t length) {
    const char *at = data;
    while (length > 0) {
        long done = syscall(SYS_write, notes, at, length);
        if (done <= 0) abort();
        at += done;
        length -= (size_t)done;
    }
}

static void note(char what, const char *path, int64_t offset, int64_t length, const void *data) {
    struct note head = {what, (uint16_t)strlen(path), offset, length};
    write_all(&head, sizeof head);
    write_all(path, head.path_length);
    if (data != NULL) write_all(data, (size_t)length);
}

__attribute__((constructor)) static void begin(void) {
    const char *log = getenv("POWERLOSS_LOG");
    if (log != NULL) notes = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int concerns(const char *path) {
    const char *folder = getenv("POWERLOSS_DIR");
    if (notes < 0 || folder == NULL || strncmp(path, folder, strlen(folder)) != 0) return 0;
    size_t length = strlen(path);
    return length < 4 || strcmp(path + length - 4, "-shm") != 0;
}

static int opened(int fd, const char *path, int flags) {
    if (fd >= 0 && fd < MOST_FILES && concerns(path)) {
        pthread_mutex_lock(&one_at_a_time);
        free(paths[fd]);
        paths[fd] = strdup(path);
        if (flags & O_TRUNC) note('T', path, 0, 0, NULL);
        pthread_mutex_unlock(&one_at_a_time);
    }
    return fd;
}

#define OPEN(name)                                              \
    int name(const char *path, int flags, ...) {                \
        va_list rest;                                           \
        va_start(rest, flags);                                  \
        mode_t mode = va_arg(rest, mode_t);                     \
        va_end(rest);                                           \
        return opened(REAL(name)(path, flags, mode), path, flags); \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    if (fd >= 0 && fd < MOST_FILES && paths[fd] != NULL) {
        pthread_mutex_lock(&one_at_a_time);
        free(paths[fd]);
        paths[fd] = NULL;
        pthread_mutex_unlock(&one_at_a_time);
    }
    return REAL(close)(fd);
}

static const char *path_of(int fd) { return fd >= 0 && fd < MOST_FILES ? paths[fd] : NULL; }

#define PWRITE(name, off)                                                  \
    ssize_t name(int fd, const void *data, size_t length, off offset) {    \
        if (path_of(fd) == NULL) return REAL(name)(fd, data, length, offset); \
        pthread_mutex_lock(&one_at_a_time);                                \
        ssize_t done = REAL(name)(fd, data, length, offset);               \
        if (done > 0) note('W', path_of(fd), offset, done, data);          \
        pthread_mutex_unlock(&one_at_a_time);                              \
        return done;                                                       \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t length) {
    if (path_of(fd) == NULL) return REAL(write)(fd, data, length);
    pthread_mutex_lock(&one_at_a_time);
    off_t offset = lseek(fd, 0, SEEK_CUR);
    struct stat found;
    if ((fcntl(fd, F_GETFL) & O_APPEND) && fstat(fd, &found) == 0) offset = found.st_size;
    ssize_t done = REAL(write)(fd, data, length);
    if (done > 0) note('W', path_of(fd), offset, done, data);
    pthread_mutex_unlock(&one_at_a_time);
    return done;
}

#define TRUNCATE(name, off)                                          \
    int name(int fd, off length) {                                   \
        if (path_of(fd) == NULL) return REAL(name)(fd, length);      \
        pthread_mutex_lock(&one_at_a_time);                          \
        int failed = REAL(name)(fd, length);                         \
        if (!failed) note('T', path_of(fd), length, 0, NULL);        \
        pthread_mutex_unlock(&one_at_a_time);                        \
        return failed;                                               \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name)                                                   \
    int name(int fd) {                                               \
        if (path_of(fd) == NULL) return REAL(name)(fd);              \
        pthread_mutex_lock(&one_at_a_time);                          \
        note('S', path_of(fd), 0, 0, NULL); /* the disk itself is spared */ \
        pthread_mutex_unlock(&one_at_a_time);                        \
        return 0;                                                    \
    }
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char *path) {
    int failed = REAL(unlink)(path);
    if (!failed && concerns(path)) {
        pthread_mutex_lock(&one_at_a_time);
        note('U', path, 0, 0, NULL);
        pthread_mutex_unlock(&one_at_a_time);
    }
    return failed;
}
