// Runs a program and counts its system calls that change files; kills it at the Nth, or lets the Nth fail.
//
//   tracer count - - PROGRAM ARGS...      prints the number of such calls
//   tracer kill N - PROGRAM ARGS...       SIGKILL before the Nth is carried out
//   tracer fail N ERRNO PROGRAM ARGS...   the Nth and all later ones that need space (or the Nth alone, with a minus
//                                         before ERRNO) fail with that errno
// Exits as the program does; 137 when it was killed; 99 when tracing itself fails. Linux on x86-64.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 1024

static struct { pid_t id; int inside; int failing; } threads[THREADS];

static int slot(pid_t id) {
    for (int i = 0; i < THREADS; i++) {
        if (threads[i].id == id) return i;
        if (threads[i].id == 0) { threads[i].id = id; return i; }
    }
    exit(99);
}

// Calls that make or change something in a file system.
static int changes(const struct user_regs_struct *r) {
    switch (r->orig_rax) {
    case SYS_open: return (r->rsi & (O_CREAT | O_WRONLY | O_RDWR | O_TRUNC)) != 0;
    case SYS_openat: return (r->rdx & (O_CREAT | O_WRONLY | O_RDWR | O_TRUNC)) != 0;
    case SYS_write: case SYS_writev: return r->rdi > 2;
    case SYS_creat: case SYS_link: case SYS_linkat: case SYS_symlink: case SYS_symlinkat:
    case SYS_rename: case SYS_renameat: case SYS_renameat2: case SYS_mkdir: case SYS_mkdirat:
    case SYS_rmdir: case SYS_unlink: case SYS_unlinkat: case SYS_chmod: case SYS_fchmod:
    case SYS_fchmodat: case SYS_utimensat: case SYS_truncate: case SYS_ftruncate:
    case SYS_copy_file_range: case SYS_sendfile: case SYS_fsync: case SYS_fdatasync: case SYS_flock: return 1;
    }
    return 0;
}

// Calls that a full disk refuses; taking something away needs no space.
static int needs_space(const struct user_regs_struct *r) {
    switch (r->orig_rax) {
    case SYS_unlink: case SYS_unlinkat: case SYS_rmdir: case SYS_chmod: case SYS_fchmod: case SYS_fchmodat: case SYS_flock: return 0;
    }
    return 1;
}

int main(int argc, char **argv) {
    if (argc < 5) return 99;
    const int kill_it = !strcmp(argv[1], "kill"), fail_it = !strcmp(argv[1], "fail");
    const long at = atol(argv[2]);
    const int once = argv[3][0] == '-', error = abs(atoi(argv[3]));
    const pid_t child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execvp(argv[4], argv + 4);
        _exit(99);
    }
    int status;
    if (waitpid(child, &status, 0) != child) return 99;
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SETOPTIONS, child, 0, options)) return 99;
    ptrace(PTRACE_SYSCALL, child, 0, 0);
    long count = 0;
    int result = 99;
    for (;;) {
        const pid_t id = waitpid(-1, &status, __WALL);
        if (id < 0) break;
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (id == child) result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            continue;
        }
        int signal = WSTOPSIG(status);
        if (signal == (SIGTRAP | 0x80)) {
            signal = 0;
            const int i = slot(id);
            struct user_regs_struct r;
            if (ptrace(PTRACE_GETREGS, id, 0, &r)) continue;
            threads[i].inside = !threads[i].inside;
            if (threads[i].inside && changes(&r)) {
                count++;
                if (kill_it && count == at) {
                    kill(child, SIGKILL);
                    continue;
                }
                if (fail_it && (count == at || (count > at && !once && needs_space(&r)))) {
                    r.orig_rax = -1;
                    ptrace(PTRACE_SETREGS, id, 0, &r);
                    threads[i].failing = 1;
                }
            } else if (!threads[i].inside && threads[i].failing) {
                threads[i].failing = 0;
                r.rax = -error;
                ptrace(PTRACE_SETREGS, id, 0, &r);
            }
        } else if (signal == SIGTRAP || signal == SIGSTOP) {
            signal = 0; // an event of the tracer's own, or a new thread's first stop
        }
        ptrace(PTRACE_SYSCALL, id, 0, signal);
    }
    if (!strcmp(argv[1], "count")) printf("%ld\n", count);
    return result;
}
