/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Unpacks a zlib stream that comes in pieces. A step that wants more bits than there are is taken back, and tried again. */

#include <string.h>

#include "sim/parts/inflate.h"

/* RFC 1950, 2.2 */
#define METHOD_MASK 0x0f
#define METHOD_DEFLATE 8
#define HAS_DICTIONARY 0x20
#define HEADER_MULTIPLE 31
#define ADLER_BASE 65521u
/* RFC 1951, 3.2 */
#define CODE_LENGTH_LIMIT 15
#define LITERAL_COUNT 288
#define LITERAL_LIMIT 286
#define DISTANCE_LIMIT 30
#define END_OF_BLOCK 256
#define LENGTH_CODE_COUNT 19

enum kind {
	KIND_STORED,
	KIND_FIXED,
	KIND_DYNAMIC,
};

enum step {
	STEP_ON,
	STEP_WRONG,
	STEP_WRONG_SUM,
};

void dfut_sim_inflate_start(struct dfut_sim_inflate *inflate, void (*put)(void *self, uint8_t byte), void *self)
{
	memset(inflate, 0, sizeof(*inflate));
	inflate->put = put;
	inflate->self = self;
	inflate->sums[0] = 1;
}

/* Low bit first. 0, and is_short, if there are not so many. */
static uint32_t take_bits(struct dfut_sim_inflate *inflate, unsigned int count)
{
	uint32_t bits = 0;

	if (inflate->size * 8 - inflate->bit < count) {
		inflate->is_short = true;
		return 0;
	}
	for (unsigned int i = 0; i < count; i++, inflate->bit++)
		bits |= (uint32_t)(inflate->in[inflate->bit / 8] >> inflate->bit % 8 & 1) << i;
	return bits;
}

static void align(struct dfut_sim_inflate *inflate)
{
	inflate->bit = (inflate->bit + 7) / 8 * 8;
}

static void put_byte(struct dfut_sim_inflate *inflate, uint8_t byte)
{
	inflate->window[inflate->total++ % DFUT_SIM_INFLATE_WINDOW] = byte;
	inflate->sums[0] = (inflate->sums[0] + byte) % ADLER_BASE;
	inflate->sums[1] = (inflate->sums[1] + inflate->sums[0]) % ADLER_BASE;
	inflate->put(inflate->self, byte);
}

/* Codes. */

/* Returns false for lengths that no code has: more than there is room for. */
static bool make_code(struct dfut_sim_huffman *code, const uint8_t *lengths, size_t count)
{
	uint16_t places[CODE_LENGTH_LIMIT + 2] = { 0 };
	int left = 1;

	memset(code, 0, sizeof(*code));
	for (size_t i = 0; i < count; i++)
		code->counts[lengths[i]]++;
	code->counts[0] = 0;
	for (size_t i = 1; i <= CODE_LENGTH_LIMIT; i++) {
		left = 2 * left - code->counts[i];
		if (left < 0)
			return false;
		places[i + 1] = (uint16_t)(places[i] + code->counts[i]);
	}
	for (size_t i = 0; i < count; i++)
		if (lengths[i])
			code->symbols[places[lengths[i]]++] = (uint16_t)i;
	return true;
}

/* -1 for bits that stand for nothing, or that are not there. */
static int take_symbol(struct dfut_sim_inflate *inflate, const struct dfut_sim_huffman *code)
{
	int bits = 0;
	int first = 0;
	int place = 0;

	for (size_t i = 1; i <= CODE_LENGTH_LIMIT && !inflate->is_short; i++) {
		int count = code->counts[i];

		bits |= (int)take_bits(inflate, 1);
		if (bits - first < count)
			return inflate->is_short ? -1 : code->symbols[place + bits - first];
		place += count;
		first = (first + count) << 1;
		bits <<= 1;
	}
	return -1;
}

/* Blocks. */

static void make_fixed_codes(struct dfut_sim_inflate *inflate)
{
	uint8_t lengths[LITERAL_COUNT];

	for (size_t i = 0; i < LITERAL_COUNT; i++)
		lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
	make_code(&inflate->literals, lengths, LITERAL_COUNT);
	memset(lengths, 5, DISTANCE_LIMIT);
	make_code(&inflate->distances, lengths, DISTANCE_LIMIT);
}

/* What a symbol of the code of lengths stands for. Returns how often it comes, 0 if it is wrong. */
static size_t take_repetition(struct dfut_sim_inflate *inflate, int symbol, bool is_first)
{
	switch (symbol) {
	case 16:
		return is_first ? 0 : 3 + take_bits(inflate, 2);
	case 17:
		return 3 + take_bits(inflate, 3);
	case 18:
		return 11 + take_bits(inflate, 7);
	default:
		return symbol < 0 ? 0 : 1;
	}
}

static enum step take_lengths(struct dfut_sim_inflate *inflate, uint8_t *lengths, size_t count)
{
	size_t at = 0;

	while (at < count) {
		int symbol = take_symbol(inflate, &inflate->literals);
		size_t times = take_repetition(inflate, symbol, at == 0);
		uint8_t length = symbol == 16 && at ? lengths[at - 1] : symbol < 16 ? (uint8_t)symbol : 0;

		if (inflate->is_short)
			return STEP_ON;
		if (times == 0 || times > count - at)
			return STEP_WRONG;
		memset(lengths + at, length, times);
		at += times;
	}
	return STEP_ON;
}

static enum step take_codes(struct dfut_sim_inflate *inflate)
{
	static const uint8_t order[LENGTH_CODE_COUNT] = { 16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
							  11, 4,  12, 3, 13, 2, 14, 1, 15 };
	uint8_t lengths[LITERAL_LIMIT + DISTANCE_LIMIT + 4] = { 0 };
	size_t literals = take_bits(inflate, 5) + 257;
	size_t distances = take_bits(inflate, 5) + 1;
	size_t count = take_bits(inflate, 4) + 4;

	for (size_t i = 0; i < count; i++)
		lengths[order[i]] = (uint8_t)take_bits(inflate, 3);
	if (inflate->is_short)
		return STEP_ON;
	if (literals > LITERAL_LIMIT || distances > DISTANCE_LIMIT ||
	    !make_code(&inflate->literals, lengths, LENGTH_CODE_COUNT))
		return STEP_WRONG;
	memset(lengths, 0, sizeof(lengths));
	if (take_lengths(inflate, lengths, literals + distances) == STEP_WRONG)
		return STEP_WRONG;
	if (inflate->is_short)
		return STEP_ON;
	if (!lengths[END_OF_BLOCK] || !make_code(&inflate->literals, lengths, literals) ||
	    !make_code(&inflate->distances, lengths + literals, distances))
		return STEP_WRONG;
	return STEP_ON;
}

static enum step take_stored(struct dfut_sim_inflate *inflate)
{
	uint32_t size;
	uint32_t inverse;

	align(inflate);
	size = take_bits(inflate, 16);
	inverse = take_bits(inflate, 16);
	if (!inflate->is_short && size != (inverse ^ 0xffff))
		return STEP_WRONG;
	inflate->stored = size;
	inflate->part = DFUT_SIM_INFLATE_STORED;
	return STEP_ON;
}

static enum step take_block(struct dfut_sim_inflate *inflate)
{
	enum step step = STEP_ON;

	inflate->is_last = take_bits(inflate, 1);
	switch (take_bits(inflate, 2)) {
	case KIND_STORED:
		return take_stored(inflate);
	case KIND_FIXED:
		make_fixed_codes(inflate);
		break;
	case KIND_DYNAMIC:
		step = take_codes(inflate);
		break;
	default:
		return STEP_WRONG;
	}
	inflate->part = DFUT_SIM_INFLATE_CODES;
	return step;
}

static void end_block(struct dfut_sim_inflate *inflate)
{
	inflate->part = inflate->is_last ? DFUT_SIM_INFLATE_TRAILER : DFUT_SIM_INFLATE_BLOCK;
}

static enum step copy_stored(struct dfut_sim_inflate *inflate)
{
	uint8_t byte;

	if (!inflate->stored) {
		end_block(inflate);
		return STEP_ON;
	}
	byte = (uint8_t)take_bits(inflate, 8);
	if (inflate->is_short)
		return STEP_ON;
	inflate->stored--;
	put_byte(inflate, byte);
	return STEP_ON;
}

/* RFC 1951, 3.2.5 */
static enum step copy_match(struct dfut_sim_inflate *inflate, size_t symbol)
{
	static const uint16_t lengths[] = { 3,	4,  5,	6,  7,	8,  9,	10, 11,	 13,  15,  17,	19,  23, 27,
					    31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258 };
	static const uint16_t distances[] = { 1,    2,	  3,	4,    5,    7,	  9,	13,    17,    25,
					      33,   49,	  65,	97,   129,  193,  257,	385,   513,   769,
					      1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577 };
	size_t length_bits = symbol < 4 || symbol == 28 ? 0 : symbol / 4 - 1;
	size_t length;
	size_t distance;
	int place;

	if (symbol >= sizeof(lengths) / sizeof(lengths[0]))
		return STEP_WRONG;
	length = lengths[symbol] + take_bits(inflate, (unsigned int)length_bits);
	place = take_symbol(inflate, &inflate->distances);
	if (inflate->is_short)
		return STEP_ON;
	if (place < 0 || place >= DISTANCE_LIMIT)
		return STEP_WRONG;
	distance = distances[place] + take_bits(inflate, place < 2 ? 0 : (unsigned int)place / 2 - 1);
	if (inflate->is_short)
		return STEP_ON;
	if (distance > inflate->total)
		return STEP_WRONG;
	for (size_t i = 0; i < length; i++)
		put_byte(inflate, inflate->window[(inflate->total - distance) % DFUT_SIM_INFLATE_WINDOW]);
	return STEP_ON;
}

static enum step take_code(struct dfut_sim_inflate *inflate)
{
	int symbol = take_symbol(inflate, &inflate->literals);

	if (inflate->is_short)
		return STEP_ON;
	if (symbol < 0)
		return STEP_WRONG;
	if (symbol > END_OF_BLOCK)
		return copy_match(inflate, (size_t)symbol - END_OF_BLOCK - 1);
	if (symbol == END_OF_BLOCK)
		end_block(inflate);
	else
		put_byte(inflate, (uint8_t)symbol);
	return STEP_ON;
}

/* The stream. */

static enum step take_header(struct dfut_sim_inflate *inflate)
{
	uint32_t method = take_bits(inflate, 8);
	uint32_t flags = take_bits(inflate, 8);

	if (inflate->is_short)
		return STEP_ON;
	inflate->part = DFUT_SIM_INFLATE_BLOCK;
	return (method & METHOD_MASK) == METHOD_DEFLATE && !(flags & HAS_DICTIONARY) &&
			       (method << 8 | flags) % HEADER_MULTIPLE == 0 ?
		       STEP_ON :
		       STEP_WRONG;
}

/* High byte first */
static enum step take_trailer(struct dfut_sim_inflate *inflate)
{
	uint32_t sum = 0;

	align(inflate);
	for (int i = 0; i < 4; i++)
		sum = sum << 8 | take_bits(inflate, 8);
	if (inflate->is_short)
		return STEP_ON;
	inflate->part = DFUT_SIM_INFLATE_END;
	return sum == (inflate->sums[1] << 16 | inflate->sums[0]) ? STEP_ON : STEP_WRONG_SUM;
}

static enum step go_on(struct dfut_sim_inflate *inflate)
{
	switch (inflate->part) {
	case DFUT_SIM_INFLATE_HEADER:
		return take_header(inflate);
	case DFUT_SIM_INFLATE_BLOCK:
		return take_block(inflate);
	case DFUT_SIM_INFLATE_STORED:
		return copy_stored(inflate);
	case DFUT_SIM_INFLATE_CODES:
		return take_code(inflate);
	case DFUT_SIM_INFLATE_TRAILER:
		return take_trailer(inflate);
	case DFUT_SIM_INFLATE_END:
		break;
	}
	return STEP_ON;
}

static enum dfut_sim_inflate_result run(struct dfut_sim_inflate *inflate)
{
	while (inflate->part != DFUT_SIM_INFLATE_END) {
		enum dfut_sim_inflate_part part = inflate->part;
		size_t bit = inflate->bit;
		enum step step;

		inflate->is_short = false;
		step = go_on(inflate);
		if (inflate->is_short) {
			inflate->part = part;
			inflate->bit = bit;
			return DFUT_SIM_INFLATE_MORE;
		}
		if (step != STEP_ON)
			return step == STEP_WRONG ? DFUT_SIM_INFLATE_WRONG : DFUT_SIM_INFLATE_WRONG_SUM;
	}
	return DFUT_SIM_INFLATE_DONE;
}

static void drop_used(struct dfut_sim_inflate *inflate)
{
	size_t used = inflate->bit / 8;

	inflate->size -= used;
	memmove(inflate->in, inflate->in + used, inflate->size);
	inflate->bit %= 8;
}

enum dfut_sim_inflate_result dfut_sim_inflate_take(struct dfut_sim_inflate *inflate, const uint8_t *bytes, size_t size)
{
	enum dfut_sim_inflate_result result = DFUT_SIM_INFLATE_MORE;

	while (result == DFUT_SIM_INFLATE_MORE && size) {
		size_t room = sizeof(inflate->in) - inflate->size;
		size_t count = size < room ? size : room;

		/* No step wants so many bits. */
		if (!count)
			return DFUT_SIM_INFLATE_WRONG;
		memcpy(inflate->in + inflate->size, bytes, count);
		inflate->size += count;
		bytes += count;
		size -= count;
		result = run(inflate);
		drop_used(inflate);
	}
	return result;
}
