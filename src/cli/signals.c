/* Signals and the time limit: unfinished files go, then the process dies by the signal (or ends
   with 75). */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "cli/internal.h"

/* Written once before the timer starts, read by its handler, which gets no argument. */
static char timeout_message[256];

static void on_signal(int sig)
{
    mi_output_abandon_all();
    signal(sig, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, sig);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    kill(getpid(), sig);
}

static void on_timeout(int sig)
{
    (void)sig;
    (void)!write(STDERR_FILENO, timeout_message, strlen(timeout_message));
    mi_output_abandon_all();
    _exit(mi_exit_code(MI_E_TEMPORARY));
}

void mi_signals_install(void)
{
    static const int ends[] = { SIGHUP, SIGINT, SIGTERM, SIGXCPU };
    struct sigaction act = { .sa_handler = on_signal }, old;
    sigemptyset(&act.sa_mask);
    for (int i = 0; i < MI_COUNT(ends); i++)
        if (sigaction(ends[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(ends[i], &act, NULL); /* what the parent ignores (nohup) stays ignored */
    sigaction(SIGPIPE, &act, NULL);
}

int mi_timeout_start(const char *tool, double seconds, bool json, mi_err *err)
{
    const char *cls = mi_class_name(MI_E_TEMPORARY);
    int code = mi_exit_code(MI_E_TEMPORARY);
    if (json)
        snprintf(timeout_message, sizeof timeout_message,
                 "{\"level\":\"error\",\"tool\":\"%s\",\"class\":\"%s\",\"code\":%d,"
                 "\"subject\":\"--timeout\",\"message\":\"the limit of %g s is met\","
                 "\"hint\":\"give it more time; a batch goes on with --resume\"}\n",
                 tool, cls, code, seconds);
    else
        snprintf(timeout_message, sizeof timeout_message,
                 "%s: --timeout: the limit of %g s is met\n"
                 "hint: give it more time; a batch goes on with --resume\n", tool, seconds);
    struct sigaction act = { .sa_handler = on_timeout };
    sigemptyset(&act.sa_mask);
    sigaction(SIGALRM, &act, NULL);
    double whole = floor(seconds);
    struct itimerval t = { .it_value = { (time_t)whole, (suseconds_t)((seconds - whole) * 1e6) } };
    if (setitimer(ITIMER_REAL, &t, NULL) != 0)
        return mi_fail(err, MI_E_INTERNAL, NULL, "cannot start the timer: %s", strerror(errno));
    return 0;
}
