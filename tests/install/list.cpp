/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Lists devices; on a system without USB it says why there are none. */

#include <iostream>
#include <memory>

#include <dfutrigger.h>

using context_ptr = std::unique_ptr<dfut_context, decltype(&dfut_context_free)>;
using list_ptr = std::unique_ptr<dfut_device_list, decltype(&dfut_device_list_free)>;

int main()
{
	dfut_context *new_context = nullptr;
	dfut_device_list *new_list = nullptr;
	dfut_match match = DFUT_MATCH_INIT;

	if (dfut_context_new(&new_context) < 0)
		return 1;
	context_ptr context(new_context, dfut_context_free);

	match.mode = DFUT_MODE_APPLICATION;
	int code = dfut_device_list_new(&new_list, context.get(), &match);
	if (code < 0) {
		std::cout << dfut_error_get_name(code) << ": " << dfut_context_get_error(context.get()) << '\n';
		return 0;
	}
	list_ptr list(new_list, dfut_device_list_free);
	for (size_t i = 0; i < dfut_device_list_get_count(list.get()); i++)
		std::cout << dfut_device_get_product(dfut_device_list_get(list.get(), i)) << '\n';
	std::cout << dfut_device_list_get_count(list.get()) << " devices\n";
	return 0;
}
