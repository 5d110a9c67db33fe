#pragma once

#include <stdbool.h>
#include <sys/types.h>

/// The step that failed between fork and exec.
enum cprocess_step {
    CPROCESS_STEP_NONE = 0,
    CPROCESS_STEP_FORK,
    CPROCESS_STEP_DESCRIPTORS,
    CPROCESS_STEP_USER,
    CPROCESS_STEP_DIRECTORY,
    CPROCESS_STEP_EXEC,
};

struct cprocess_options {
    /// The standard streams of the child; they must be open.
    int standard_input, standard_output, standard_error;
    /// The user to become, without supplementary groups; used only if `drops_user` is set.
    bool drops_user;
    uid_t user;
    gid_t group;
    /// The working directory of the child.
    const char *directory;
    /// Whether the child is killed when the thread that started it ends.
    bool dies_with_parent;
};

/// Starts a program in its own session, so that a terminal's Ctrl-C does not reach it. It inherits no descriptor except
/// the three streams. Returns its process id, or -1 with the failed step and its errno.
pid_t cprocess_spawn(const char *path, char *const arguments[], char *const environment[],
                     const struct cprocess_options *options, int *step, int *error);

/// Checks whether a user can enter a directory, by a child that becomes the user. `path` must be absolute. Returns 0,
/// or an errno and the length of the shortest prefix of `path` that can't be entered.
int cprocess_probe_directory(const char *path, bool drops_user, uid_t user, gid_t group, size_t *failed_length);

/// The number of processes that have the System V shared memory segment attached; 0 if it does not exist, -1 if unknown.
long cprocess_shared_memory_users(int identifier);
