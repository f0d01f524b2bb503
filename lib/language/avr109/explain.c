/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* AVR109 in words: most commands are a letter, and the answer belongs to the one before it. */

#include "language/avr109/wire.h"

#define SET_ADDRESS 'A'
#define SET_FAR_ADDRESS 'H'
#define READ_BLOCK 'g'
#define WRITE_BLOCK 'B'
#define SET_TYPE 'T'
#define WORD 2
#define TEXT_SIZE 32

static const struct dfut_meaning_word commands[] = {
	{ AVR109_ESC, DFUT_PHASE_ASKING, "end what is half sent (ESC)" },
	{ AVR109_GET_ID, DFUT_PHASE_ASKING, "which bootloader is it (S)?" },
	{ AVR109_GET_SOFTWARE, DFUT_PHASE_ASKING, "which version (V)?" },
	{ AVR109_GET_HARDWARE, DFUT_PHASE_ASKING, "which hardware (v)?" },
	{ AVR109_GET_KIND, DFUT_PHASE_ASKING, "which kind of programmer (p)?" },
	{ AVR109_GET_INCREMENT, DFUT_PHASE_ASKING, "does the address go on by itself (a)?" },
	{ AVR109_GET_BLOCK, DFUT_PHASE_ASKING, "how large are blocks (b)?" },
	{ AVR109_GET_DEVICES, DFUT_PHASE_ASKING, "which devices (t)?" },
	{ AVR109_GET_SIGNATURE, DFUT_PHASE_ASKING, "which signature (s)?" },
	{ 'F', DFUT_PHASE_ASKING, "read the low fuse (F)" },
	{ 'N', DFUT_PHASE_ASKING, "read the high fuse (N)" },
	{ 'Q', DFUT_PHASE_ASKING, "read the extended fuse (Q)" },
	{ 'r', DFUT_PHASE_ASKING, "read the lock bits (r)" },
	{ AVR109_ENTER, DFUT_PHASE_ANY, "enter programming mode (P)" },
	{ AVR109_FINISH, DFUT_PHASE_ANY, "leave programming mode (L)" },
	{ AVR109_ERASE, DFUT_PHASE_WRITING, "erase the flash (e)" },
	{ AVR109_EXIT, DFUT_PHASE_STARTING, "start the program (E)" },
};

/* Flash is counted in words, and which memory an address is of is told by the command behind it. */
static bool explain_address(struct dfut_talk *talk, const uint8_t *bytes, struct dfut_meaning *meaning)
{
	talk->address = bytes[0] == SET_ADDRESS ? (uint32_t)(bytes[1] << 8 | bytes[2]) :
						  (uint32_t)(bytes[1] << 16 | bytes[2] << 8 | bytes[3]);
	talk->address *= WORD;
	return dfut_mean(meaning, DFUT_PHASE_ANY, "set the address (A)");
}

static bool explain_block(struct dfut_talk *talk, const uint8_t *bytes, struct dfut_meaning *meaning)
{
	uint32_t size = (uint32_t)(bytes[1] << 8 | bytes[2]);
	bool is_flash = bytes[3] == AVR109_FLASH;
	uint32_t address = is_flash ? talk->address : talk->address / WORD;
	bool writes = bytes[0] == WRITE_BLOCK;

	talk->address += is_flash ? size : WORD * size;
	return dfut_mean_at(meaning, writes ? DFUT_PHASE_WRITING : DFUT_PHASE_READING,
			    writes ? (is_flash ? "write a block of flash (B)" : "write a block of the EEPROM (B)") :
				     (is_flash ? "read a block of flash (g)" : "read a block of the EEPROM (g)"),
			    address, size);
}

static bool explain_command(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	const uint8_t *bytes = event->data.bytes;
	size_t size = event->data.size;
	uint8_t letter = size ? bytes[0] : 0;

	talk->asked = letter;
	if ((letter == SET_ADDRESS && size == 3) || (letter == SET_FAR_ADDRESS && size == 4))
		return explain_address(talk, bytes, meaning);
	if ((letter == READ_BLOCK || letter == WRITE_BLOCK) && size >= AVR109_HEADER_SIZE)
		return explain_block(talk, bytes, meaning);
	if (letter == SET_TYPE && size == 2)
		return dfut_mean(meaning, DFUT_PHASE_ANY, "choose the device (T)");
	return size == 1 && dfut_mean_word(meaning, commands, DFUT_COUNT(commands), letter);
}

static bool explain_answer(const struct dfut_talk *talk, const struct dfut_tape_event *event,
			   struct dfut_meaning *meaning)
{
	const uint8_t *bytes = event->data.bytes;
	size_t size = event->data.size;
	char text[TEXT_SIZE] = "";

	if (size == 1 && bytes[0] == AVR109_UNKNOWN && talk->asked != READ_BLOCK)
		return dfut_mean_alone(meaning, DFUT_PHASE_ANY, "the bootloader does not know", " the command %c",
				       talk->asked);
	for (size_t i = 0; i < size && i + 1 < sizeof(text); i++)
		text[i] = bytes[i] >= ' ' && bytes[i] < 0x7f ? (char)bytes[i] : '?';
	if (size && (talk->asked == AVR109_GET_ID || talk->asked == AVR109_GET_SOFTWARE))
		return dfut_mean_alone(meaning, DFUT_PHASE_ASKING, "the answer", ": \"%s\"", text);
	if (size == AVR109_SIGNATURE_SIZE && talk->asked == AVR109_GET_SIGNATURE)
		return dfut_mean_alone(meaning, DFUT_PHASE_ASKING, "the answer", ": signature %02x%02x%02x", bytes[2],
				       bytes[1], bytes[0]);
	return dfut_mean(meaning, DFUT_PHASE_ANY, NULL);
}

bool avr109_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	if (talk->is_guessed || event->link != DFUT_LINK_SERIAL)
		return false;
	if (event->kind == DFUT_TAPE_WRITE)
		return explain_command(talk, event, meaning);
	return event->kind == DFUT_TAPE_READ && talk->asked && explain_answer(talk, event, meaning);
}
