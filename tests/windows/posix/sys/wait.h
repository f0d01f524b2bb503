/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Behind a fork() that ends the test */

#define waitpid(Process, Status, Options) (*(Status) = 0, (Process))
#define WIFEXITED(Status) ((Status) == 0)
#define WEXITSTATUS(Status) (Status)
#define WIFSIGNALED(Status) ((Status) != 0)
#define WTERMSIG(Status) (Status)
#define SIGKILL 9
