/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* USB/IP where there are no POSIX sockets: none. */

#include "sim/sim.h"

DFUT_SIM_API int dfut_sim_usbip_new(struct dfut_sim_usbip **usbip, struct dfut_sim *sim)
{
	*usbip = NULL;
	return dfut_sim_fail(sim, DFUT_ERROR_UNSUPPORTED, "USB/IP is not there on this system");
}

DFUT_SIM_API void dfut_sim_usbip_free(struct dfut_sim_usbip *usbip)
{
	(void)usbip;
}

DFUT_SIM_API void dfut_sim_usbip_set_handler(struct dfut_sim_usbip *usbip, dfut_sim_usbip_handler handler, void *data)
{
	(void)usbip;
	(void)handler;
	(void)data;
}

DFUT_SIM_API int dfut_sim_usbip_attach(struct dfut_sim_usbip *usbip)
{
	(void)usbip;
	return DFUT_ERROR_UNSUPPORTED;
}

DFUT_SIM_API int dfut_sim_usbip_listen(struct dfut_sim_usbip *usbip, const char *address, uint16_t port)
{
	(void)usbip;
	(void)address;
	(void)port;
	return DFUT_ERROR_UNSUPPORTED;
}

DFUT_SIM_API int dfut_sim_usbip_dispatch(struct dfut_sim_usbip *usbip, int timeout_ms)
{
	(void)usbip;
	(void)timeout_ms;
	return DFUT_ERROR_UNSUPPORTED;
}

DFUT_SIM_API void dfut_sim_usbip_wake(struct dfut_sim_usbip *usbip)
{
	(void)usbip;
}
