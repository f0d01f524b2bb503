/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* SAM-BA's monitor in words: a command is a letter, numbers in hexadecimal, and '#'. */

#include <inttypes.h>

#include "language/sam-ba/wire.h"

#define TEXT_SIZE 80

/* What stands in a command */
struct parsed {
	char letter;
	uint32_t first, second;
	size_t numbers;
	size_t size;
};

static bool take_digit(uint8_t byte, uint32_t *number)
{
	uint32_t digit = byte >= '0' && byte <= '9' ? byte - (uint32_t)'0' :
			 byte >= 'A' && byte <= 'F' ? byte - (uint32_t)'A' + 10 :
			 byte >= 'a' && byte <= 'f' ? byte - (uint32_t)'a' + 10 :
						      UINT32_MAX;

	*number = *number << 4 | (digit & 15);
	return digit != UINT32_MAX;
}

static bool parse(struct parsed *parsed, const uint8_t *bytes, size_t size)
{
	uint32_t *number = &parsed->first;
	size_t at = 1, digits = 0;

	*parsed = (struct parsed){ .letter = size ? (char)bytes[0] : 0 };
	for (; at < size && bytes[at] != '#'; at++) {
		if (bytes[at] == ',' && digits && number == &parsed->first) {
			number = &parsed->second;
			digits = 0;
			parsed->numbers = 1;
		} else if (take_digit(bytes[at], number)) {
			digits++;
		} else {
			return false;
		}
	}
	parsed->numbers += digits ? 1 : 0;
	parsed->size = at + 1;
	return at < size;
}

/* clang-format off */
static const struct {
	char letter;
	enum dfut_phase phase;
	const char *what;
	bool has_size; /* the second number is one */
} commands[] = {
	{ 'N', DFUT_PHASE_ASKING, "binary mode (N)", false },
	{ 'T', DFUT_PHASE_ASKING, "text mode (T)", false },
	{ 'V', DFUT_PHASE_ASKING, "which version (V)?", false },
	{ 'I', DFUT_PHASE_ASKING, "which board (I)?", false },
	{ 'w', DFUT_PHASE_ANY, "read a word (w)", false },
	{ 'W', DFUT_PHASE_ANY, "write a word (W)", false },
	{ 'h', DFUT_PHASE_ANY, "read a half word (h)", false },
	{ 'H', DFUT_PHASE_ANY, "write a half word (H)", false },
	{ 'o', DFUT_PHASE_ANY, "read a byte (o)", false },
	{ 'O', DFUT_PHASE_ANY, "write a byte (O)", false },
	{ 'R', DFUT_PHASE_READING, "read (R)", true },
	{ 'S', DFUT_PHASE_WRITING, "send data (S)", true },
	{ 'X', DFUT_PHASE_WRITING, "erase from there on (X)", false },
	{ 'Y', DFUT_PHASE_WRITING, "write the buffer into flash (Y)", true },
	{ 'Z', DFUT_PHASE_READING, "tell the checksum (Z)", true },
	{ 'G', DFUT_PHASE_ANY, "run code (G)", false },
	{ 'K', DFUT_PHASE_STARTING, "restart (K)", false },
};
/* clang-format on */

static bool explain_command(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	struct parsed parsed;

	if (talk->left) {
		size_t size = dfut_tape_get_size(&event->data);

		talk->left -= size < talk->left ? (uint32_t)size : talk->left;
		return dfut_mean(meaning, DFUT_PHASE_WRITING, "the data");
	}
	if (!parse(&parsed, event->data.bytes, event->data.size))
		return false;
	for (size_t i = 0; i < DFUT_COUNT(commands); i++) {
		if (commands[i].letter != parsed.letter)
			continue;
		talk->asked = (uint8_t)parsed.letter;
		talk->left = parsed.letter == 'S' ? parsed.second : 0;
		/* The data may be in the same packet. */
		if (talk->left && event->data.size > parsed.size)
			talk->left = 0;
		/* Where the buffer is is said with the size 0. */
		if (parsed.numbers && (parsed.letter != 'Y' || parsed.second))
			return dfut_mean_at(meaning, commands[i].phase, commands[i].what, parsed.first,
					    commands[i].has_size ? parsed.second : 0);
		return dfut_mean(meaning, commands[i].phase, commands[i].what);
	}
	return false;
}

static bool explain_answer(const struct dfut_talk *talk, const struct dfut_tape_event *event,
			   struct dfut_meaning *meaning)
{
	char text[TEXT_SIZE] = "";

	if ((talk->asked != 'V' && talk->asked != 'I') || event->data.size < 3)
		return dfut_mean(meaning, DFUT_PHASE_ANY, NULL);
	for (size_t i = 0; i < event->data.size && i + 1 < sizeof(text); i++)
		text[i] = event->data.bytes[i] >= ' ' && event->data.bytes[i] < 0x7f ? (char)event->data.bytes[i] : ' ';
	return dfut_mean_alone(meaning, DFUT_PHASE_ASKING, "the answer", ": \"%s\"", text);
}

bool samba_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	if (event->link != DFUT_LINK_SERIAL)
		return false;
	if (event->kind == DFUT_TAPE_WRITE)
		return explain_command(talk, event, meaning);
	return event->kind == DFUT_TAPE_READ && talk->asked && explain_answer(talk, event, meaning);
}
