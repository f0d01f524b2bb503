/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The firmware file that was chosen. */

#include "firmware.h"
#include "words.h"

#include <string.h>

#define SAMPLE_SIZE (48 * 1024)

struct _Firmware {
	GObject parent_instance;

	GCancellable *cancellable;
	GFile *file; /* NULL of the sample */
	int64_t address;
	char *name;
	bool loading;
	struct dfut_image *image;
	char *message;
	char *hint;
};

G_DEFINE_FINAL_TYPE(Firmware, firmware, G_TYPE_OBJECT)

static unsigned int changed_signal;

/* What the thread is to make. */
struct wanted {
	GFile *file;
	int64_t address;
};

static void free_wanted(struct wanted *wanted)
{
	g_clear_object(&wanted->file);
	g_free(wanted);
}

/* What the thread made. */
struct loaded {
	struct dfut_image *image;
	char *message;
	char *hint;
};

static void free_loaded(struct loaded *loaded)
{
	dfut_image_free(loaded->image);
	g_free(loaded->message);
	g_free(loaded->hint);
	g_free(loaded);
}

/* In the thread, with a context of its own: contexts are independent, and an image belongs to none. */

static int load_file(struct loaded *loaded, struct dfut_context *context, GFile *file)
{
	GError *error = NULL;
	char *data = NULL;
	size_t size = 0;
	int code;

	if (g_file_peek_path(file))
		return dfut_image_load_file(&loaded->image, context, g_file_peek_path(file), 0);
	if (!g_file_load_contents(file, NULL, &data, &size, NULL, &error)) {
		loaded->message = g_strdup(error->message);
		g_error_free(error);
		return DFUT_ERROR_IO;
	}
	code = dfut_image_load_buffer(&loaded->image, context, data, size, 0);
	g_free(data);
	return code;
}

static int make_sample(struct loaded *loaded, struct dfut_context *context)
{
	uint8_t *payload = g_malloc(SAMPLE_SIZE);
	int code;

	for (size_t i = 0; i < SAMPLE_SIZE; i++)
		payload[i] = (uint8_t)(i * 7 + i / 256 + 128);
	code = dfut_image_load_buffer(&loaded->image, context, payload, SAMPLE_SIZE, 0);
	g_free(payload);
	if (code == 0)
		code = dfut_image_wrap_mcuboot(loaded->image, "1.2.3", 0x200);
	return code;
}

static int make(struct loaded *loaded, struct dfut_context *context, const struct wanted *wanted)
{
	int code = wanted->file ? load_file(loaded, context, wanted->file) : make_sample(loaded, context);

	return code < 0 || wanted->address < 0 ? code :
						 dfut_image_set_address(loaded->image, (uint32_t)wanted->address);
}

static void load(GTask *task, void *source, void *data, GCancellable *cancellable)
{
	struct loaded *loaded = g_new0(struct loaded, 1);
	struct dfut_context *context = NULL;

	(void)source;
	(void)cancellable;
	if (dfut_context_new(&context) < 0)
		g_error("out of memory");
	if (make(loaded, context, data) < 0) {
		/* The image, if there is one that could not be wrapped or put at an address. */
		if (!loaded->message)
			loaded->message = g_strdup(loaded->image ? dfut_image_get_error(loaded->image) :
								   dfut_context_get_error(context));
		loaded->hint = g_strdup(dfut_context_get_hint(context));
		dfut_image_free(loaded->image);
		loaded->image = NULL;
	}
	dfut_context_free(context);
	g_task_return_pointer(task, loaded, (GDestroyNotify)free_loaded);
}

/* In the main loop. */

static void loaded(GObject *object, GAsyncResult *result, void *user_data)
{
	Firmware *firmware = APP_FIRMWARE(object);
	struct loaded *loaded = g_task_propagate_pointer(G_TASK(result), NULL);

	(void)user_data;
	if (!loaded)
		return;
	firmware->loading = false;
	firmware->image = g_steal_pointer(&loaded->image);
	firmware->message = g_steal_pointer(&loaded->message);
	firmware->hint = g_steal_pointer(&loaded->hint);
	free_loaded(loaded);
	g_signal_emit(firmware, changed_signal, 0);
}

static Firmware *begin(const char *name, GFile *file, int64_t address)
{
	Firmware *firmware = g_object_new(FIRMWARE_TYPE, NULL);
	struct wanted *wanted = g_new0(struct wanted, 1);
	GTask *task;

	firmware->cancellable = g_cancellable_new();
	firmware->name = g_strdup(name);
	firmware->loading = true;
	g_set_object(&firmware->file, file);
	g_set_object(&wanted->file, file);
	firmware->address = wanted->address = address;
	task = g_task_new(firmware, firmware->cancellable, loaded, NULL);
	g_task_set_task_data(task, wanted, (GDestroyNotify)free_wanted);
	g_task_run_in_thread(task, load);
	g_object_unref(task);
	return firmware;
}

Firmware *firmware_new(GFile *file)
{
	char *base = g_file_get_basename(file);
	char *name = g_filename_display_name(base ? base : "");
	char *clean = words_clean(name);
	Firmware *firmware = begin(clean, file, -1);

	g_free(clean);
	g_free(name);
	g_free(base);
	return firmware;
}

Firmware *firmware_new_sample(void)
{
	return begin("Sample firmware", NULL, -1);
}

Firmware *firmware_new_at(Firmware *firmware, int64_t address)
{
	return begin(firmware->name, firmware->file, address);
}

int64_t firmware_get_address(Firmware *firmware)
{
	return firmware->address;
}

bool firmware_lacks_address(Firmware *firmware)
{
	struct dfut_segment segment;
	unsigned int traits;

	if (!firmware->image || dfut_image_get_segment(firmware->image, 0, &segment, sizeof(segment)) < 0)
		return false;
	traits = dfut_format_get_traits(dfut_image_get_format(firmware->image));
	return firmware->address >= 0 ||
	       (!segment.has_address && !(traits & (DFUT_FORMAT_ADDRESSES | DFUT_FORMAT_PARTS)));
}

void firmware_forget(Firmware *firmware)
{
	g_cancellable_cancel(firmware->cancellable);
}

bool firmware_is_loading(Firmware *firmware)
{
	return firmware->loading;
}

struct dfut_image *firmware_get_image(Firmware *firmware)
{
	return firmware->image;
}

const char *firmware_get_name(Firmware *firmware)
{
	return firmware->name;
}

const char *firmware_get_message(Firmware *firmware)
{
	return firmware->message ? firmware->message : "";
}

const char *firmware_get_hint(Firmware *firmware)
{
	return firmware->hint ? firmware->hint : "";
}

/* What it is. */

static const char *find_fact(const struct dfut_image *image, const char *wanted)
{
	const char *layer, *key, *value;

	for (size_t i = 0; dfut_image_get_fact(image, i, &layer, &key, &value) == 0; i++)
		if (strcmp(key, wanted) == 0)
			return value;
	return NULL;
}

char *firmware_describe(Firmware *firmware)
{
	const struct dfut_image *image = firmware->image;
	uint16_t vendor, product;
	GString *text = g_string_new(NULL);
	char *size;

	if (!image)
		return g_string_free(text, FALSE);
	size = g_format_size_full(dfut_image_get_size(image), G_FORMAT_SIZE_IEC_UNITS);
	g_string_append_printf(text, "%s, %s", dfut_format_get_text(dfut_image_get_format(image)), size);
	g_free(size);
	if (find_fact(image, "version"))
		g_string_append_printf(text, ", version %s", find_fact(image, "version"));
	if (dfut_image_get_ids(image, &vendor, &product, NULL) && vendor != DFUT_ID_ANY && product != DFUT_ID_ANY)
		g_string_append_printf(text, ", made for %04x:%04x", vendor, product);
	return g_string_free(text, FALSE);
}

/* The object. */

static void firmware_finalize(GObject *object)
{
	Firmware *firmware = APP_FIRMWARE(object);

	g_clear_object(&firmware->cancellable);
	g_clear_object(&firmware->file);
	dfut_image_free(firmware->image);
	g_free(firmware->name);
	g_free(firmware->message);
	g_free(firmware->hint);
	G_OBJECT_CLASS(firmware_parent_class)->finalize(object);
}

static void firmware_class_init(FirmwareClass *class)
{
	G_OBJECT_CLASS(class)->finalize = firmware_finalize;
	changed_signal = g_signal_new("changed", FIRMWARE_TYPE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void firmware_init(Firmware *firmware)
{
	(void)firmware;
}
