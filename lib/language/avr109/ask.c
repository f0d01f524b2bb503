/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Asking an AVR109 bootloader about itself. What decides over what is written, and where, is asked twice: nothing but a second
 * answer shows that a byte of the first was spoilt.
 */

#include <stdio.h>
#include <string.h>

#include "language/avr109/machine.h"

#define ANSWER_MS 500

struct question {
	enum avr109_command command;
	enum avr109_reply reply;
	uint16_t size;
	bool decides;
	const char *what;
};

static const struct question questions[] = {
	{ AVR109_GET_SOFTWARE, AVR109_REPLY_VERSION, 0, false, "asking for its version" },
	{ AVR109_GET_HARDWARE, AVR109_REPLY_VERSION, 0, false, "asking for the hardware's version" },
	{ AVR109_GET_KIND, AVR109_REPLY_ANY, 0, false, "asking whether it is serial" },
	{ AVR109_GET_INCREMENT, AVR109_REPLY_ANY, 0, true, "asking how addresses advance" },
	{ AVR109_GET_BLOCK, AVR109_REPLY_BLOCK, 0, true, "asking for the size of its blocks" },
	{ AVR109_GET_DEVICES, AVR109_REPLY_LIST, 0, false, "asking for the devices that it knows" },
	{ AVR109_GET_SIGNATURE, AVR109_REPLY_BYTES, AVR109_SIGNATURE_SIZE, true, "asking for the part's signature" },
};

static int ask(struct avr109_questions *asking, struct dfut_next *next)
{
	const struct question *question = &questions[asking->at];

	avr109_put_command(&asking->avr.message, question->command);
	return avr109_ask(&asking->avr, question->what, question->reply, question->size, ANSWER_MS, next);
}

static void put_version(char version[4], const struct avr109 *avr)
{
	if (avr->size == 2)
		snprintf(version, 4, "%c.%c", avr->answer[0], avr->answer[1]);
}

/* The list of devices is of no use: nothing tells which code means which. */
static void keep(struct avr109_questions *asking)
{
	const struct avr109 *avr = &asking->avr;
	struct avr109_answers *answers = avr->own->answers;

	switch (questions[asking->at].command) {
	case AVR109_GET_SOFTWARE:
		put_version(answers->software, avr);
		break;
	case AVR109_GET_HARDWARE:
		put_version(answers->hardware, avr);
		break;
	case AVR109_GET_KIND:
		answers->is_serial = avr->answer[0] == 'S';
		break;
	case AVR109_GET_INCREMENT:
		answers->has_increment = avr->answer[0] == AVR109_YES;
		break;
	case AVR109_GET_BLOCK:
		answers->block_size = avr->size == 3 ? (uint16_t)(avr->answer[1] << 8 | avr->answer[2]) : 0;
		break;
	case AVR109_GET_SIGNATURE:
		for (size_t i = 0; i < AVR109_SIGNATURE_SIZE; i++)
			answers->signature[i] = avr->answer[AVR109_SIGNATURE_SIZE - 1 - i];
		break;
	case AVR109_GET_ID:
	case AVR109_GET_DEVICES:
	case AVR109_ENTER:
	case AVR109_FINISH:
	case AVR109_ERASE:
	case AVR109_EXIT:
		break;
	}
}

/* Whether this answer is one to go by. */
static bool is_sure(struct avr109_questions *asking)
{
	const struct avr109 *avr = &asking->avr;
	bool is_same = asking->has_first && avr->size == asking->first_size &&
		       memcmp(avr->answer, asking->first, avr->size) == 0;

	if (!questions[asking->at].decides || is_same)
		return true;
	asking->has_first = true;
	asking->first_size = avr->size;
	memcpy(asking->first, avr->answer, sizeof(asking->first));
	return false;
}

/* It was there for some time already, or somebody who was interrupted had told it to leave: LUFA's does so once its answer has
 * been fetched. */
static int begin_anew(const struct avr109 *avr, struct dfut_next *next)
{
	dfut_failure_clear(avr->job->failure);
	return dfut_next_done(next, DFUT_END_RESTARTED);
}

int avr109_questions_run(struct avr109_questions *asking, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct avr109 *avr = &asking->avr;
	bool is_second = asking->has_first;
	int result = avr109_run(avr, outcome, next);

	if (result == DFUT_ERROR_GONE && avr->job->restarts == 0)
		return begin_anew(avr, next);
	if (result != 1)
		return result;
	if (!avr->has_answer)
		return ask(asking, next);
	if (!is_sure(asking))
		return is_second ? avr109_doubt(avr, "the bootloader gives another answer each time", next) :
				   ask(asking, next);
	keep(asking);
	avr109_is_done(avr);
	asking->has_first = false;
	return ++asking->at < DFUT_COUNT(questions) ? ask(asking, next) : 1;
}

static int ask_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	int result = avr109_questions_run(state, outcome, next);

	return result == 1 ? dfut_next_done(next, DFUT_END_STAYS) : result;
}

const struct dfut_machine_ops avr109_ask_machine = {
	.name = "avr109-ask",
	.state_size = sizeof(struct avr109_questions),
	.begin = avr109_begin,
	.next = ask_next,
};
