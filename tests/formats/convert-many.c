/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Loads and converts many firmware files, as the lines of its input say: IN, FORMAT, OUT, and ADDRESS or '-', with tabs
 * between them. FORMAT '=' saves the file as it is; '-' writes its segments: address, alternate and size of each as 32
 * bits little endian, then its bytes. For each line it prints "ok" and the format of IN, or "error", name and text.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dfutrigger.h>

struct job {
	const char *in;
	const char *format;
	const char *out;
	const char *address;
};

static void put_number(FILE *file, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		fputc((int)(value >> 8 * i & 0xff), file);
}

static int dump(const struct dfut_image *image, const char *path)
{
	FILE *file = fopen(path, "wb");
	struct dfut_segment segment;

	if (!file)
		return DFUT_ERROR_IO;
	for (size_t i = 0; dfut_image_get_segment(image, i, &segment, sizeof(segment)) == 0; i++) {
		put_number(file, segment.address);
		put_number(file, (uint32_t)segment.alternate);
		put_number(file, (uint32_t)segment.size);
		fwrite(segment.data, 1, segment.size, file);
	}
	return fclose(file) == 0 ? 0 : DFUT_ERROR_IO;
}

static int carry_out(struct dfut_image *image, const struct job *job)
{
	int code = 0;

	if (strcmp(job->address, "-") != 0)
		code = dfut_image_set_address(image, (uint32_t)strtoul(job->address, NULL, 0));
	if (strcmp(job->format, "-") == 0)
		return code < 0 ? code : dump(image, job->out);
	if (code == 0 && strcmp(job->format, "=") != 0)
		code = dfut_image_convert(image, job->format);
	return code < 0 ? code : dfut_image_save_file(image, job->out);
}

static void run(struct dfut_context *context, const struct job *job)
{
	struct dfut_image *image = NULL;
	const char *format = "";
	int code = dfut_image_load_file(&image, context, job->in, 0);

	if (code == 0) {
		format = dfut_image_get_format(image);
		code = carry_out(image, job);
	}
	if (code == 0)
		printf("ok\t%s\n", format);
	else
		printf("error\t%s\t%s\n", dfut_error_get_name(code),
		       image ? dfut_image_get_error(image) : dfut_context_get_error(context));
	dfut_image_free(image);
}

int main(void)
{
	struct dfut_context *context;
	char line[2000];

	if (dfut_context_new(&context) < 0)
		return 1;
	while (fgets(line, sizeof(line), stdin)) {
		struct job job = { .in = strtok(line, "\t\n") };

		job.format = strtok(NULL, "\t\n");
		job.out = strtok(NULL, "\t\n");
		job.address = strtok(NULL, "\t\n");
		if (!job.address)
			return 2;
		run(context, &job);
	}
	dfut_context_free(context);
	return 0;
}
