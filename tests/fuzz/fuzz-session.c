/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Whole jobs with a device that looks and answers as the input says: what is made of what it tells, plans, legs, and calls of
 * handles. The input has a job, options, two faces, an image, and answers.
 */

#include "one-context.h"
#include "session-bus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WISH_SIZE 6
#define ROUNDS 3000
#define ROUNDS_AFTER_CANCEL 200

enum job_kind {
	JOB_UPDATE,
	JOB_UPLOAD,
	JOB_TRIGGER,
	JOB_DIAGNOSE,
	JOB_PROBE,
	JOB_PLAN,
	JOB_COMMAND,
	JOB_HANDLE,
	JOB_COUNT,
};

static struct session_bus *get_bus(void)
{
	static struct session_bus bus;

	if (bus.bus)
		return &bus;
	bus.now_us = 1000000;
	if (dfut_context_set_clock(get_context(), &session_clock_ops, &bus) < 0 ||
	    dfut_context_add_bus(get_context(), &session_bus_ops, &bus) < 0)
		abort();
	return &bus;
}

/* Errors have words. */
static void look_at_result(struct dfut_session *session, int result)
{
	if (result < 0 && !dfut_session_get_message(session)[0])
		abort();
}

static void configure(struct dfut_session *session, uint8_t options)
{
	dfut_session_set_verify(session, (enum dfut_verify)(options % 3));
	dfut_session_set_erase(session, (enum dfut_erase)(options / 4 % 4));
	if (options & 0x10)
		dfut_session_set_force(session, UINT32_MAX);
	if (options & 0x20)
		dfut_session_set_upload_size(session, 600);
	if (options & 0x40)
		dfut_session_set_restart(session, DFUT_RESTART_NEVER);
}

static int start(struct dfut_session *session, enum job_kind job, struct dfut_image *image, unsigned int *sum)
{
	const char *command = dfut_device_get_command_name(dfut_session_get_device(session), 0);

	switch (job) {
	case JOB_UPDATE:
		return dfut_session_start_update(session, image);
	case JOB_UPLOAD:
		return dfut_session_start_upload(session, add_up, sum);
	case JOB_TRIGGER:
		return dfut_session_start_trigger(session);
	case JOB_DIAGNOSE:
		return dfut_session_start_diagnose(session);
	case JOB_PROBE:
		return dfut_session_start_probe(session);
	case JOB_PLAN:
		return dfut_session_plan_update(session, image);
	case JOB_COMMAND:
		return dfut_session_start_command(session, command ? command : "start");
	case JOB_HANDLE:
	case JOB_COUNT:
		break;
	}
	return 0;
}

/* A device whose answers are over has left: a job ends then, sooner or later on its clock, or when it is cancelled. */
static void run(struct dfut_session *session)
{
	size_t rounds = 0;

	for (; !dfut_session_has_ended(session) && rounds < ROUNDS; rounds++)
		dfut_context_dispatch(get_context(), -1);
	for (dfut_session_cancel(session); !dfut_session_has_ended(session); rounds++) {
		if (rounds > ROUNDS + ROUNDS_AFTER_CANCEL)
			abort();
		dfut_context_dispatch(get_context(), 100);
	}
	look_at_result(session, dfut_session_get_result(session));
}

static void do_job(struct dfut_device *device, enum job_kind job, uint8_t options, struct dfut_image *image)
{
	struct dfut_session *session;
	unsigned int sum = 0;
	int result;

	if (dfut_session_new(&session, device) < 0)
		return;
	configure(session, options);
	result = start(session, job, image, &sum);
	look_at_result(session, result);
	if (result == 0 && job != JOB_PLAN)
		run(session);
	dfut_session_free(session);
}

static void call(struct dfut_device *device, uint8_t options)
{
	struct dfut_handle *handle;
	uint8_t data[64] = { 0 };
	uint8_t interface = options & 3, id;

	if (dfut_handle_new(&handle, device) < 0)
		return;
	dfut_handle_open(handle);
	dfut_handle_control(handle, 0x80, 6, 0x0100, 0, data, sizeof(data), 1000);
	dfut_handle_claim(handle, interface);
	dfut_handle_transfer(handle, 0x81, data, sizeof(data), 1000);
	dfut_handle_transfer(handle, 0x01, data, sizeof(data), 1000);
	dfut_handle_get_feature_report(handle, -1, 1, data, sizeof(data), 1000);
	dfut_handle_send_report(handle, -1, DFUT_REPORT_OUTPUT, 0, data, sizeof(data), 1000);
	dfut_handle_read_report(handle, -1, &id, data, sizeof(data), 1000);
	dfut_handle_read_serial(handle, -1, data, sizeof(data), 1000);
	dfut_handle_write_serial(handle, -1, data, 5, 1000);
	dfut_handle_touch(handle, -1, 1200, 1000);
	dfut_handle_reset(handle, 1000);
	dfut_handle_free(handle);
}

/* The ids are there in any case. */
static void take_face(struct face *face, struct input *input, size_t size)
{
	memset(face, 0, sizeof(*face));
	face->size = take_bytes(input, face->bytes, size % (sizeof(face->bytes) + 1));
	face->size = face->size < FACE_IDS ? FACE_IDS : face->size;
}

static struct dfut_image *take_image(struct input *input, size_t size, unsigned int force)
{
	struct dfut_image *image = NULL;

	size = size < input->size ? size : input->size;
	if (dfut_image_load_buffer(&image, get_context(), input->data, size, force) < 0)
		image = NULL;
	input->data += size;
	input->size -= size;
	return image;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session_bus *bus = get_bus();
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device = NULL;
	struct dfut_image *image;
	enum job_kind job;

	if (size < WISH_SIZE)
		return 0;
	job = (enum job_kind)(data[0] % JOB_COUNT);
	bus->input = (struct input){ data + WISH_SIZE, size - WISH_SIZE };
	for (size_t i = 0; i < FACES; i++)
		take_face(&bus->faces[i], &bus->input, data[2 + i]);
	image = take_image(&bus->input, (size_t)data[4] * 8, data[5] & 1 ? UINT32_MAX : 0);
	bus->face = data[5] >> 1 & 1;
	session_bus_change(bus, true);
	match.path = "1-1";
	if (dfut_device_find(&device, get_context(), &match) == 0) {
		if (job == JOB_HANDLE)
			call(device, data[1]);
		else if (image || (job != JOB_UPDATE && job != JOB_PLAN))
			do_job(device, job, data[1], image);
	}
	dfut_device_unref(device);
	dfut_image_free(image);
	session_bus_change(bus, false);
	dfut_context_dispatch(get_context(), 0);
	return 0;
}
