/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Nordic DFU packages in a build without protobuf-c: refused, and told why. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include "nordic-sample.h"

TestSuite(nordic_none, .init = start, .fini = stop, .timeout = 60);

Test(nordic_none, package_is_told_apart_but_not_read)
{
	struct init init = make_init();
	struct file file = make_package_of(&init);

	cr_assert(eq(int, load_file(&file), DFUT_ERROR_UNSUPPORTED));
	cr_assert(says("offset 0: this is a Nordic DFU package, which this build can't read"));
	cr_assert(strstr(dfut_context_get_hint(context), "-Dnordic=enabled") != NULL);
	cr_assert(eq(int, load_forced(file.bytes, file.size, ~0u), DFUT_ERROR_UNSUPPORTED));
}

Test(nordic_none, package_is_not_made)
{
	struct dfut_nordic wish = DFUT_NORDIC_INIT;

	cr_assert(eq(int, dfut_image_build_nordic(&image, context, &wish), DFUT_ERROR_UNSUPPORTED));
	cr_assert(eq(ptr, image, NULL));
	cr_assert(says("this build can't make Nordic DFU packages"));
}

Test(nordic_none, signature_is_not_checked)
{
	cr_assert(eq(int, load_forced("\x80 firmware", 10, 0), 0));
	cr_assert(eq(int, dfut_image_verify_signature(image, "public.pem"), DFUT_ERROR_UNSUPPORTED));
}
