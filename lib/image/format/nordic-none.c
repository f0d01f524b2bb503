/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Nordic DFU packages in a build without protobuf-c. */

#include "image/image.h"

int dfut_nordic_inspect(struct dfut_loader *loader)
{
	dfut_fail(loader->failure, DFUT_ERROR_UNSUPPORTED,
		  "offset 0: this is a Nordic DFU package, which this build can't read");
	dfut_hint(loader->failure, "build libdfutrigger with -Dnordic=enabled");
	return loader->failure->code;
}

DFUT_API int dfut_image_verify_signature(struct dfut_image *image, const char *public_key)
{
	(void)public_key;
	return dfut_fail(image->failure, DFUT_ERROR_UNSUPPORTED,
			 "signatures are those of Nordic DFU packages, which this build can't read");
}

int dfut_image_make_nordic(struct dfut_image **image, struct dfut_failure *failure, const struct dfut_nordic *nordic)
{
	(void)nordic;
	*image = NULL;
	return dfut_fail(failure, DFUT_ERROR_UNSUPPORTED, "this build can't make Nordic DFU packages");
}
