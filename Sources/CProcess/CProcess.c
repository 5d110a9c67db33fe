#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Between fork and exec only async-signal-safe calls are made, because the parent has other threads.

struct failure {
    int step;
    int error;
};

static ssize_t read_whole(int descriptor, void *buffer, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t count = read(descriptor, (char *)buffer + done, size - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        done += (size_t)count;
    }
    return (ssize_t)done;
}

static void reset_signals(void) {
    struct sigaction standard;
    memset(&standard, 0, sizeof standard);
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// Marks every descriptor from 3 on to be closed by exec, which leaves the report pipe usable until then.
static void close_at_exec(void) {
#ifdef SYS_close_range
    if (syscall(SYS_close_range, 3U, ~0U, 1U << 2) == 0) return;
#endif
    long limit = sysconf(_SC_OPEN_MAX);
    if (limit < 0 || limit > 65536) limit = 65536;
    for (int descriptor = 3; descriptor < limit; descriptor++) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

static int become(bool drops_user, uid_t user, gid_t group) {
    if (!drops_user) return 0;
    if (setgroups(0, NULL) != 0 || setgid(group) != 0 || setuid(user) != 0) return errno;
    // A process that can become root again has not dropped root.
    if (user != 0 && setuid(0) == 0) return EPERM;
    return 0;
}

// Puts the streams at 0, 1 and 2. A stream that is already at one of these numbers is moved out of the way first.
static int install_streams(const struct cprocess_options *options) {
    int streams[3] = {options->standard_input, options->standard_output, options->standard_error};
    for (int target = 0; target < 3; target++) {
        streams[target] = fcntl(streams[target], F_DUPFD_CLOEXEC, 3);
        if (streams[target] < 0) return errno;
    }
    for (int target = 0; target < 3; target++)
        if (dup2(streams[target], target) < 0) return errno;
    return 0;
}

static void report(int descriptor, int step, int error) {
    struct failure failure = {step, error};
    ssize_t ignored = write(descriptor, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
}

pid_t cprocess_spawn(const char *path, char *const arguments[], char *const environment[],
                     const struct cprocess_options *options, int *step, int *error) {
    int ends[2];
    *step = CPROCESS_STEP_FORK;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        *error = errno;
        return -1;
    }
    // The child's end must not be one of the standard streams.
    int report_end = fcntl(ends[1], F_DUPFD_CLOEXEC, 3);
    close(ends[1]);
    if (report_end < 0) {
        *error = errno;
        close(ends[0]);
        return -1;
    }
    sigset_t all, previous;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        setsid();
        int failed = install_streams(options);
        if (failed) report(report_end, CPROCESS_STEP_DESCRIPTORS, failed);
        close_at_exec();
        failed = become(options->drops_user, options->user, options->group);
        if (failed) report(report_end, CPROCESS_STEP_USER, failed);
        if (options->dies_with_parent) {
            // After the change of user, which clears the setting; the parent may be gone by now.
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (getppid() != parent) _exit(127);
        }
        if (chdir(options->directory) != 0) report(report_end, CPROCESS_STEP_DIRECTORY, errno);
        reset_signals();
        execve(path, arguments, environment);
        report(report_end, CPROCESS_STEP_EXEC, errno);
    }
    int fork_error = errno;
    pthread_sigmask(SIG_SETMASK, &previous, NULL);
    close(report_end);
    if (child < 0) {
        *error = fork_error;
        close(ends[0]);
        return -1;
    }
    struct failure failure;
    ssize_t size = read_whole(ends[0], &failure, sizeof failure);
    close(ends[0]);
    if (size == (ssize_t)sizeof failure) {
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
        *step = failure.step;
        *error = failure.error;
        return -1;
    }
    *step = CPROCESS_STEP_NONE;
    *error = 0;
    return child;
}

int cprocess_probe_directory(const char *path, bool drops_user, uid_t user, gid_t group, size_t *failed_length) {
    struct {
        int error;
        size_t length;
    } outcome = {0, 0};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return errno;
    char prefix[4096];
    size_t length = strlen(path);
    if (length >= sizeof prefix) {
        close(ends[0]);
        close(ends[1]);
        return ENAMETOOLONG;
    }
    pid_t child = fork();
    if (child == 0) {
        outcome.error = become(drops_user, user, group);
        for (size_t end = 1; outcome.error == 0 && end <= length; end++) {
            if (end != length && path[end] != '/' && end != 1) continue;
            memcpy(prefix, path, end);
            prefix[end] = 0;
            // "/" itself, then each directory on the way.
            if (end == 1 && path[0] != '/') continue;
            if (chdir(prefix) != 0) {
                outcome.error = errno;
                outcome.length = end;
            }
        }
        ssize_t ignored = write(ends[1], &outcome, sizeof outcome);
        (void)ignored;
        _exit(0);
    }
    int fork_error = errno;
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return fork_error;
    }
    ssize_t size = read_whole(ends[0], &outcome, sizeof outcome);
    close(ends[0]);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    if (size != (ssize_t)sizeof outcome) return EIO;
    *failed_length = outcome.length;
    return outcome.error;
}

long cprocess_shared_memory_users(int identifier) {
    struct shmid_ds status;
    if (shmctl(identifier, IPC_STAT, &status) == 0) return (long)status.shm_nattch;
    return errno == EINVAL || errno == EIDRM ? 0 : -1;
}
