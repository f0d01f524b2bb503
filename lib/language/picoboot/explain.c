/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* PICOBOOT in words: commands of 32 bytes, data, and an acknowledgement without any. */

#include "language/picoboot/wire.h"

#define MAGIC 0x431fd10bu
#define OP 8
#define LENGTH 12
#define ARGUMENTS 16
#define GET_INFO_TYPES 8

/* clang-format off */
static const struct {
	uint8_t op;
	enum dfut_phase phase;
	const char *what;
	bool has_range; /* address and length */
} commands[] = {
	{ PICOBOOT_OP_EXCLUSIVE, DFUT_PHASE_ANY, "keep the drive away (EXCLUSIVE_ACCESS)", false },
	{ PICOBOOT_OP_REBOOT, DFUT_PHASE_STARTING, "restart (REBOOT)", false },
	{ PICOBOOT_OP_ERASE, DFUT_PHASE_WRITING, "erase (FLASH_ERASE)", true },
	{ PICOBOOT_OP_WRITE, DFUT_PHASE_WRITING, "write (WRITE)", true },
	{ PICOBOOT_OP_EXIT_XIP, DFUT_PHASE_ANY, "let the flash take commands (EXIT_XIP)", false },
	{ PICOBOOT_OP_REBOOT2, DFUT_PHASE_STARTING, "restart (REBOOT2)", false },
	{ PICOBOOT_OP_READ, DFUT_PHASE_READING, "read (READ)", true },
	{ PICOBOOT_OP_GET_INFO, DFUT_PHASE_ASKING, "what is the chip (GET_INFO)?", false },
};
/* clang-format on */

static bool explain_command(struct dfut_talk *talk, const uint8_t *bytes, struct dfut_meaning *meaning)
{
	talk->left = dfut_le32(bytes + LENGTH);
	for (size_t i = 0; i < DFUT_COUNT(commands); i++) {
		if (commands[i].op != bytes[OP])
			continue;
		if (commands[i].has_range)
			return dfut_mean_at(meaning, commands[i].phase, commands[i].what, dfut_le32(bytes + ARGUMENTS),
					    dfut_le32(bytes + ARGUMENTS + 4));
		return dfut_mean(meaning, commands[i].phase, commands[i].what);
	}
	return dfut_mean_alone(meaning, DFUT_PHASE_ANY, "a command that is not known", " (%02x)", bytes[OP]);
}

static bool explain_request(const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	struct picoboot_status status;
	char text[64] = "";

	if (event->setup[0] == PICOBOOT_RESET_TYPE && event->setup[1] == PICOBOOT_RESET)
		return dfut_mean(meaning, DFUT_PHASE_ANY, "begin anew (INTERFACE_RESET)");
	if (event->setup[0] != PICOBOOT_STATUS_TYPE || event->setup[1] != PICOBOOT_STATUS)
		return false;
	if (picoboot_read_status(&status, event->data.bytes, event->data.size))
		picoboot_name_status(status.code, text, sizeof(text));
	return dfut_mean_alone(meaning, DFUT_PHASE_ANY, "what became of the command (GET_COMMAND_STATUS)", "? %s",
			       text);
}

bool picoboot_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	bool is_transfer = event->kind == DFUT_TAPE_READ || event->kind == DFUT_TAPE_WRITE;
	size_t size = dfut_tape_get_size(&event->data);

	if (event->link != DFUT_LINK_USB)
		return false;
	if (event->kind == DFUT_TAPE_CONTROL)
		return explain_request(event, meaning);
	if (event->kind == DFUT_TAPE_WRITE && !talk->left && dfut_meaning_has(event, PICOBOOT_COMMAND_SIZE) &&
	    dfut_le32(event->data.bytes) == MAGIC) {
		talk->asked = true;
		return explain_command(talk, event->data.bytes, meaning);
	}
	if (!is_transfer || !talk->asked || size > talk->left)
		return false;
	talk->left -= (uint32_t)size;
	return dfut_mean(meaning, DFUT_PHASE_ANY, size ? "the data" : NULL);
}
