/* Stands between a program and its files (LD_PRELOAD). It writes down every change that the program makes below TAMPER_ROOT to the
 * file TAMPER_TRACE, for power cuts that are tried afterwards, and lets write number TAMPER_FAIL (from 1) fail with TAMPER_ERRNO, once.
 *
 * A record is a line of text, "kind descriptor offset length path", and after a write its bytes. Reads are let through.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long writes;

static const char *root(void) { return getenv("TAMPER_ROOT"); }

static int below(const char *path, char *full) {
    const char *base = root();
    if (!base || !path) return 0;
    if (path[0] == '/') snprintf(full, PATH_MAX, "%s", path);
    else {
        char here[PATH_MAX];
        if (!getcwd(here, sizeof here)) return 0;
        if (snprintf(full, PATH_MAX, "%s/%s", here, path) >= PATH_MAX) return 0;
    }
    return strncmp(full, base, strlen(base)) == 0;
}

static int path_of(int fd, char *full) {
    char link[64], target[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, target, sizeof target - 1);
    if (n < 0) return 0;
    target[n] = 0;
    return below(target, full);
}

static int at(int folder, const char *path, char *full) {
    if (folder == AT_FDCWD || path[0] == '/') return below(path, full);
    char base[PATH_MAX];
    if (!path_of(folder, base)) return 0;
    if (snprintf(full, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return 0;
    return 1;
}

/* With the lock held. */
static void put(const char *kind, int fd, long long offset, long long length, const char *path, const void *bytes) {
    const char *name = getenv("TAMPER_TRACE");
    if (!name) return;
    static int trace = -1;
    if (trace < 0) trace = REAL(open)(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    char line[PATH_MAX + 128];
    int n = snprintf(line, sizeof line, "%s %d %lld %lld %s\n", kind, fd, offset, length, path);
    if (REAL(write)(trace, line, n) != n) abort();
    if (bytes && REAL(write)(trace, bytes, length) != length) abort();
}

static void note(const char *kind, int fd, const char *path) {
    pthread_mutex_lock(&lock);
    put(kind, fd, 0, 0, path, NULL);
    pthread_mutex_unlock(&lock);
}

/* Whether this write is the one that fails; with the lock held. */
static int fails(void) {
    const char *which = getenv("TAMPER_FAIL");
    writes++;
    if (!which || writes != atol(which)) return 0;
    const char *number = getenv("TAMPER_ERRNO");
    errno = number ? atoi(number) : EIO;
    return 1;
}

static int opened(int fd, int flags, const char *full) {
    if (fd >= 0 && (flags & (O_WRONLY | O_RDWR))) note(flags & O_TRUNC ? "create" : "open", fd, full);
    return fd;
}

#define MODE(flags) \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, int); va_end(list); }

int open(const char *path, int flags, ...) {
    MODE(flags)
    char full[PATH_MAX];
    int fd = REAL(open)(path, flags, mode);
    return below(path, full) ? opened(fd, flags, full) : fd;
}
int open64(const char *path, int flags, ...) {
    MODE(flags)
    char full[PATH_MAX];
    int fd = REAL(open64)(path, flags, mode);
    return below(path, full) ? opened(fd, flags, full) : fd;
}
int openat(int folder, const char *path, int flags, ...) {
    MODE(flags)
    char full[PATH_MAX];
    int fd = REAL(openat)(folder, path, flags, mode);
    return at(folder, path, full) ? opened(fd, flags, full) : fd;
}
int openat64(int folder, const char *path, int flags, ...) {
    MODE(flags)
    char full[PATH_MAX];
    int fd = REAL(openat64)(folder, path, flags, mode);
    return at(folder, path, full) ? opened(fd, flags, full) : fd;
}

static ssize_t put_bytes(int fd, const void *bytes, size_t length, long long offset, ssize_t (*act)(int, const void *, size_t, off64_t)) {
    char full[PATH_MAX];
    if (!path_of(fd, full)) return act(fd, bytes, length, offset);
    pthread_mutex_lock(&lock);
    ssize_t done = -1;
    if (!fails()) {
        long long from = offset >= 0 ? offset : lseek64(fd, 0, SEEK_CUR);
        int flags = fcntl(fd, F_GETFL);
        struct stat64 state;
        if (offset < 0 && (flags & O_APPEND) && fstat64(fd, &state) == 0) from = state.st_size;
        done = act(fd, bytes, length, offset);
        if (done > 0) put("write", fd, from, done, full, bytes);
    }
    pthread_mutex_unlock(&lock);
    return done;
}
static ssize_t plain(int fd, const void *bytes, size_t length, off64_t offset) { (void)offset; return REAL(write)(fd, bytes, length); }
static ssize_t placed(int fd, const void *bytes, size_t length, off64_t offset) { return REAL(pwrite64)(fd, bytes, length, offset); }
ssize_t write(int fd, const void *bytes, size_t length) { return put_bytes(fd, bytes, length, -1, plain); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return put_bytes(fd, bytes, length, offset, placed); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) { return put_bytes(fd, bytes, length, offset, placed); }

static int cut(int fd, long long length, int done) {
    char full[PATH_MAX];
    if (done == 0 && path_of(fd, full)) {
        pthread_mutex_lock(&lock);
        put("truncate", fd, length, 0, full, NULL);
        pthread_mutex_unlock(&lock);
    }
    return done;
}
int ftruncate(int fd, off_t length) { return cut(fd, length, REAL(ftruncate)(fd, length)); }
int ftruncate64(int fd, off64_t length) { return cut(fd, length, REAL(ftruncate64)(fd, length)); }

int fsync(int fd) {
    char full[PATH_MAX];
    int done = REAL(fsync)(fd);
    if (done == 0 && path_of(fd, full)) note("sync", fd, full);
    return done;
}
int fdatasync(int fd) {
    char full[PATH_MAX];
    int done = REAL(fdatasync)(fd);
    if (done == 0 && path_of(fd, full)) note("sync", fd, full);
    return done;
}

int rename(const char *from, const char *to) {
    char old[PATH_MAX], new[PATH_MAX];
    int known = below(from, old) && below(to, new), done = REAL(rename)(from, to);
    if (done == 0 && known) {
        pthread_mutex_lock(&lock);
        put("rename", -1, 0, 0, old, NULL);
        put("to", -1, 0, 0, new, NULL);
        pthread_mutex_unlock(&lock);
    }
    return done;
}
int unlink(const char *path) {
    char full[PATH_MAX];
    int done = REAL(unlink)(path);
    if (done == 0 && below(path, full)) note("unlink", -1, full);
    return done;
}
int unlinkat(int folder, const char *path, int flags) {
    char full[PATH_MAX];
    int known = at(folder, path, full), done = REAL(unlinkat)(folder, path, flags);
    if (done == 0 && known) note(flags & AT_REMOVEDIR ? "rmdir" : "unlink", -1, full);
    return done;
}
int mkdir(const char *path, mode_t mode) {
    char full[PATH_MAX];
    int done = REAL(mkdir)(path, mode);
    if (done == 0 && below(path, full)) note("mkdir", -1, full);
    return done;
}
int rmdir(const char *path) {
    char full[PATH_MAX];
    int done = REAL(rmdir)(path);
    if (done == 0 && below(path, full)) note("rmdir", -1, full);
    return done;
}
