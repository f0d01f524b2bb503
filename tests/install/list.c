/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Lists devices; on a system without USB it says why there are none. */

#include <stdio.h>
#include <stdlib.h>

#include <dfutrigger.h>

int main(void)
{
	struct dfut_context *context;
	struct dfut_device_list *list;
	int code = dfut_context_new(&context);

	if (code < 0)
		return EXIT_FAILURE;
	code = dfut_device_list_new(&list, context, NULL);
	if (code < 0) {
		printf("%s: %s\n", dfut_error_get_name(code), dfut_context_get_error(context));
		dfut_context_free(context);
		return EXIT_SUCCESS;
	}
	for (size_t i = 0; i < dfut_device_list_get_count(list); i++) {
		struct dfut_device *device = dfut_device_list_get(list, i);

		printf("%04x:%04x %s\n", dfut_device_get_vendor_id(device), dfut_device_get_product_id(device),
		       dfut_device_get_product(device));
	}
	printf("%zu devices\n", dfut_device_list_get_count(list));
	dfut_device_list_free(list);
	dfut_context_free(context);
	return EXIT_SUCCESS;
}
