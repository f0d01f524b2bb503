/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a context sleeps on: one file for each kind of operating system, chosen by the build. */

#ifndef DFUT_EVENT_H
#define DFUT_EVENT_H

#include "base/base.h"

struct dfut_event_set;

int dfut_event_set_new(struct dfut_event_set **set);
void dfut_event_set_free(struct dfut_event_set *set);
/* The one handle for foreign loops: ready while there is a wake-up or a watched descriptor is ready. */
dfut_event dfut_event_set_get_handle(const struct dfut_event_set *set);
/* For foreign loops, which wait for whole ms: the handle is ready at that time, too; UINT64_MAX for none. As exactly as the system
 * can, and not at all where it can't. */
void dfut_event_set_arm(struct dfut_event_set *set, uint64_t at_us);
/* From any thread. */
void dfut_event_set_wake(struct dfut_event_set *set);
/* Sleeps at most timeout_us (UINT64_MAX: no limit), or a little longer: as exactly as the system can. Tells the owner of each
 * watched event that is ready, and forgets a wake-up. `ready` watches nothing and lets nothing go. */
void dfut_event_set_wait(struct dfut_event_set *set, uint64_t timeout_us, void (*ready)(void *owner));
int dfut_event_set_watch(struct dfut_event_set *set, dfut_event event, bool readable, bool writable, void *owner);
/* An event that was closed meanwhile may have come back as another owner's. */
void dfut_event_set_unwatch(struct dfut_event_set *set, dfut_event event, const void *owner);
/* Its owner was told, and has done what there was to do: if it still is ready, that is told again. */
void dfut_event_set_rearm(struct dfut_event_set *set, dfut_event event, const void *owner);

#endif
