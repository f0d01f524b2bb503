/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Making an image: until there is one, what goes wrong is told by the context. The rest of the room does not know it. */

#include "core/context.h"
#include "image/image.h"

DFUT_API int dfut_image_load_file(struct dfut_image **image, struct dfut_context *context, const char *path,
				  unsigned int force)
{
	return dfut_image_load(image, &context->failure, path, force);
}

DFUT_API int dfut_image_load_buffer(struct dfut_image **image, struct dfut_context *context, const void *data,
				    size_t size, unsigned int force)
{
	return dfut_image_load_bytes(image, &context->failure, data, size, force);
}

DFUT_API int dfut_image_build_esp(struct dfut_image **image, struct dfut_context *context, const struct dfut_esp *esp)
{
	return dfut_image_make_esp(image, &context->failure, esp);
}

DFUT_API int dfut_image_build_nordic(struct dfut_image **image, struct dfut_context *context,
				     const struct dfut_nordic *nordic)
{
	return dfut_image_make_nordic(image, &context->failure, nordic);
}
