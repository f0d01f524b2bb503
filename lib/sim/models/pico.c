/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A Raspberry Pi Pico, or a Pico 2, with a program of the pico-sdk: a serial port, whose 1200 baud restart it at once,
 * and the reset interface. Its boot ROM speaks PICOBOOT, and has a drive for UF2 files.
 */

#include "sim/parts/board.h"
#include "sim/parts/uf2.h"

#define CDC_INTERFACE 0
#define RESET_INTERFACE 2
#define DRIVE_INTERFACE 0
#define CDC_NOTIFICATION 0x81
#define CDC_OUT 0x02
#define CDC_IN 0x82
#define DRIVE_OUT 0x02
#define DRIVE_IN 0x81

#define PICO_PRODUCT_ID 0x000a
#define PICO_2_PRODUCT_ID 0x0009
#define TYPE_VENDOR 0x40
#define EXCLUSIVE_AND_EJECT 2

/* reset_interface.c */
enum reset_request {
	RESET_BOOTSEL = 0x01,
	RESET_FLASH = 0x02,
};
#define DISABLE_DRIVE 0x01
#define DISABLE_PICOBOOT 0x02
#define DISABLE_MASK (DISABLE_DRIVE | DISABLE_PICOBOOT)

/* It is gone before the status stage; the watchdog takes its time. */
#define BOOTSEL_US 200
#define FLASH_US 100000
/* When a program on trial knows that it works, and how long it may take */
#define BUY_US 1000000
#define WATCHDOG_US 16700000

/* The same for every chip */
#define ROM_SERIAL "E0C9125B0D9B"

static const struct dfut_sim_drive_layout drive_layouts[] = {
	{ "RPI     RP2             3   ", DRIVE_OUT, DRIVE_IN },
	{ "RPI     RP2350          1   ", DRIVE_OUT, DRIVE_IN },
};

#define PICOBOOT_DESCRIPTORS(interface) \
	0x09, 0x04, interface, 0x00, 0x02, 0xff, 0x00, 0x00, 0x00, 0x07, 0x05, DFUT_SIM_PICOBOOT_OUT, 0x02, 0x40, \
		0x00, 0x00, 0x07, 0x05, DFUT_SIM_PICOBOOT_IN, 0x02, 0x40, 0x00, 0x00

static const uint8_t port_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x2e8a, PICO_PRODUCT_ID, 0x0100, 2),
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT),
};

/* clang-format off */
static const uint8_t reset_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x2e8a, PICO_PRODUCT_ID, 0x0100, 3),
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT),
	0x09, 0x04, RESET_INTERFACE, 0x00, 0x00, 0xff, 0x00, 0x01, 0x04,
};
/* clang-format on */

#define ROM_DESCRIPTORS(product_id) \
	{ \
		DFUT_SIM_BOARD_DESCRIPTORS(0x2e8a, product_id, 0x0100, 2), \
			DFUT_SIM_DRIVE_DESCRIPTORS(DRIVE_INTERFACE, DRIVE_IN, DRIVE_OUT), \
			PICOBOOT_DESCRIPTORS(DRIVE_INTERFACE + 1), \
	}

#define DRIVE_ONLY_DESCRIPTORS(product_id) \
	{ \
		DFUT_SIM_BOARD_DESCRIPTORS(0x2e8a, product_id, 0x0100, 1), \
			DFUT_SIM_DRIVE_DESCRIPTORS(DRIVE_INTERFACE, DRIVE_IN, DRIVE_OUT), \
	}

#define PICOBOOT_ONLY_DESCRIPTORS(product_id) \
	{ \
		DFUT_SIM_BOARD_DESCRIPTORS(0x2e8a, product_id, 0x0100, 1), PICOBOOT_DESCRIPTORS(0), \
	}

static const uint8_t rom_descriptors[][18 + 9 + 23 + 23] = { ROM_DESCRIPTORS(0x0003), ROM_DESCRIPTORS(0x000f) };
static const uint8_t drive_descriptors[][18 + 9 + 23] = { DRIVE_ONLY_DESCRIPTORS(0x0003),
							  DRIVE_ONLY_DESCRIPTORS(0x000f) };
static const uint8_t picoboot_descriptors[][18 + 9 + 23] = { PICOBOOT_ONLY_DESCRIPTORS(0x0003),
							     PICOBOOT_ONLY_DESCRIPTORS(0x000f) };

static const struct dfut_sim_board_mode port_application = {
	.name = "application",
	.descriptors = port_descriptors,
	.size = sizeof(port_descriptors),
	.has_port = true,
	.manufacturer = "Raspberry Pi",
	.product = "Pico",
};

static const struct dfut_sim_board_mode reset_application = {
	.name = "application",
	.descriptors = reset_descriptors,
	.size = sizeof(reset_descriptors),
	.has_port = true,
	.manufacturer = "Raspberry Pi",
	.product = "Pico",
	.interface_name = "Reset",
};

#define ROM_MODE(bytes, name_, serial_) \
	{ \
		.name = "bootloader", .descriptors = bytes, .size = sizeof(bytes), .manufacturer = "Raspberry Pi", \
		.product = name_, .serial = serial_, \
	}

/* By chip, and by what the request disables; the ROM keeps both when nothing would be left. */
static const struct dfut_sim_board_mode roms[][3] = {
	{
		ROM_MODE(rom_descriptors[0], "RP2 Boot", ROM_SERIAL),
		[DISABLE_DRIVE] = ROM_MODE(picoboot_descriptors[0], "RP2 Boot", ROM_SERIAL),
		[DISABLE_PICOBOOT] = ROM_MODE(drive_descriptors[0], "RP2 Boot", ROM_SERIAL),
	},
	{
		ROM_MODE(rom_descriptors[1], "RP2350 Boot", NULL),
		[DISABLE_DRIVE] = ROM_MODE(picoboot_descriptors[1], "RP2350 Boot", NULL),
		[DISABLE_PICOBOOT] = ROM_MODE(drive_descriptors[1], "RP2350 Boot", NULL),
	},
};

struct pico {
	struct dfut_sim_board board;
	bool has_reset_interface;
	bool has_baud_reset;
	struct dfut_sim_board_mode application;
	struct dfut_sim_drive drive;
	struct dfut_sim_rp rp;
	struct dfut_sim_picoboot picoboot;
	struct dfut_sim_uf2_rp uf2;
};

static const struct dfut_sim_board_mode *get_rom(const struct pico *pico, uint32_t disabled)
{
	return &roms[pico->rp.options.chip][disabled == DISABLE_MASK ? 0 : disabled];
}

/* With what is in flash. */
static const struct dfut_sim_board_mode *get_booted_mode(const struct pico *pico)
{
	uint32_t start;

	return dfut_sim_rp_find_program(&pico->rp, pico->rp.updated_at, &start) ? pico->board.application :
										  get_rom(pico, 0);
}

static void start_rom(struct pico *pico)
{
	dfut_sim_rp_start(&pico->rp);
	dfut_sim_picoboot_start(&pico->picoboot, &pico->rp);
	dfut_sim_uf2_rp_start(&pico->uf2);
	dfut_sim_drive_start(&pico->drive);
}

/* A program on trial says that it works, or the watchdog bites. */
static void begin_trial(struct pico *pico, uint32_t updated_at)
{
	if (!dfut_sim_rp_find_program(&pico->rp, updated_at, &pico->rp.trial_at) ||
	    !dfut_sim_rp_is_trial(&pico->rp, pico->rp.trial_at))
		return;
	dfut_sim_device_set_timer(pico->board.device, DFUT_SIM_RP_TRIAL_TIMER,
				  pico->rp.options.buys ? BUY_US : WATCHDOG_US);
}

static void end_trial(struct pico *pico)
{
	if (pico->rp.options.buys)
		dfut_sim_rp_buy(&pico->rp, pico->rp.trial_at);
	else
		dfut_sim_board_become(&pico->board, get_booted_mode(pico));
}

/* A program in RAM that nobody wrote gets nowhere. */
static void restart(struct pico *pico)
{
	struct dfut_sim_board *board = &pico->board;
	const struct dfut_sim_board_mode *mode = board->application;
	uint32_t updated_at = pico->rp.updated_at;
	bool is_lost = false;

	switch (pico->rp.restart) {
	case DFUT_SIM_RP_TO_FLASH:
		mode = get_booted_mode(pico);
		break;
	case DFUT_SIM_RP_TO_ROM:
		mode = get_rom(pico, pico->rp.disabled);
		break;
	case DFUT_SIM_RP_TO_RAM:
		is_lost = !pico->rp.is_ram_written;
		break;
	}
	dfut_sim_board_become(board, mode);
	start_rom(pico);
	begin_trial(pico, updated_at);
	if (is_lost)
		dfut_sim_device_leave(board->device, 0, DFUT_SIM_NEVER);
}

static int answer_reset(struct pico *pico, const struct dfut_sim_setup *setup)
{
	struct dfut_sim_board *board = &pico->board;

	switch (setup->request) {
	case RESET_BOOTSEL:
		dfut_sim_board_arm(board, get_rom(pico, setup->value & DISABLE_MASK), BOOTSEL_US);
		return board->options.leaving.leave ? DFUT_ERROR_TIMEOUT : setup->length;
	case RESET_FLASH:
		dfut_sim_board_arm(board, get_booted_mode(pico), FLASH_US);
		return setup->length;
	default:
		return DFUT_ERROR_DEVICE;
	}
}

/* It looks at the interface and the request, not at the type. */
static bool is_reset_request(const struct pico *pico, const struct dfut_sim_setup *setup)
{
	uint8_t type = setup->request_type & DFUT_SIM_TYPE_MASK;
	uint8_t recipient = setup->request_type & DFUT_SIM_RECIPIENT_MASK;

	return dfut_sim_board_is_application(&pico->board) && pico->has_reset_interface &&
	       type != DFUT_SIM_TYPE_STANDARD && recipient == DFUT_SIM_RECIPIENT_INTERFACE &&
	       setup->index == RESET_INTERFACE;
}

static int answer_rom(struct pico *pico, const struct dfut_sim_setup *setup, uint8_t *data)
{
	bool has_drive = pico->board.mode != get_rom(pico, DISABLE_DRIVE);
	bool has_picoboot = pico->board.mode != get_rom(pico, DISABLE_PICOBOOT);
	uint8_t kind = setup->request_type & (DFUT_SIM_TYPE_MASK | DFUT_SIM_RECIPIENT_MASK);

	if (has_drive && dfut_sim_board_is_class_request(setup, DRIVE_INTERFACE))
		return dfut_sim_drive_answer(&pico->drive, setup, data);
	if (has_picoboot && kind == (TYPE_VENDOR | DFUT_SIM_RECIPIENT_INTERFACE) && setup->index == has_drive)
		return dfut_sim_picoboot_answer(&pico->picoboot, setup, data);
	return DFUT_ERROR_DEVICE;
}

static int pico_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct pico *pico = state;
	struct dfut_sim_board *board = &pico->board;
	int result;

	if (is_reset_request(pico, setup))
		return answer_reset(pico, setup);
	if (!board->mode->has_port)
		return answer_rom(pico, setup, data);
	result = dfut_sim_board_answer(board, setup, data);
	if (pico->has_baud_reset && board->cdc.event == DFUT_SIM_CDC_CODING &&
	    dfut_sim_cdc_get_baud(&board->cdc) == DFUT_SIM_TOUCH_BAUD)
		return dfut_sim_board_restart(board, board->bootloader, result);
	return result;
}

static int pico_receive(void *state, uint8_t endpoint, const uint8_t *data, size_t size)
{
	struct pico *pico = state;
	int result;

	if (pico->board.mode->has_port)
		return (int)size;
	if (endpoint == DRIVE_OUT)
		return dfut_sim_drive_receive(&pico->drive, data, size);
	result = dfut_sim_picoboot_receive(&pico->picoboot, data, size);
	pico->drive.is_ejected = pico->rp.exclusive == EXCLUSIVE_AND_EJECT;
	return result;
}

static int pico_send(void *state, uint8_t endpoint, uint8_t *data, size_t room)
{
	struct pico *pico = state;

	if (pico->board.mode->has_port)
		return DFUT_ERROR_BUSY;
	return endpoint == DRIVE_IN ? dfut_sim_drive_send(&pico->drive, data, room) :
				      dfut_sim_picoboot_send(&pico->picoboot, data, room);
}

/* The model. */

static void pico_timer(void *state, unsigned int timer)
{
	struct pico *pico = state;

	switch (timer) {
	case DFUT_SIM_RP_WORK_TIMER:
		dfut_sim_device_set_ready(pico->board.device);
		return;
	case DFUT_SIM_RP_RESTART_TIMER:
		restart(pico);
		return;
	case DFUT_SIM_RP_TRIAL_TIMER:
		end_trial(pico);
		return;
	default:
		start_rom(pico);
		dfut_sim_board_timer(state, timer);
	}
}

/* What it was told is forgotten; what it is doing goes on. */
static void pico_bus_reset(void *state)
{
	struct pico *pico = state;

	dfut_sim_picoboot_start(&pico->picoboot, &pico->rp);
	dfut_sim_drive_start(&pico->drive);
}

static uint32_t pico_start(void *state, enum dfut_sim_start start)
{
	struct pico *pico = state;
	uint32_t away_ms = dfut_sim_board_start(state, start);

	start_rom(pico);
	dfut_sim_board_set_mode(&pico->board, get_booted_mode(pico));
	return away_ms;
}

static int pico_continue(void *state, const char *mode)
{
	start_rom(state);
	return dfut_sim_board_continue(state, mode);
}

static int pico_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	struct pico *pico = state;

	return dfut_sim_rp_get_memory(&pico->rp, index, memory);
}

static void pico_destroy(void *state)
{
	struct pico *pico = state;

	dfut_sim_rp_free(&pico->rp);
}

#define OPTION(key, kind, member, least, most, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(struct pico, member), least, most, words \
	}

static const struct dfut_sim_option pico_options[] = {
	OPTION("reset-interface", FLAG, has_reset_interface, 0, 0, NULL),
	OPTION("baud", FLAG, has_baud_reset, 0, 0, NULL),
	OPTION("chip", CHOICE, rp.options.chip, 0, 0, "rp2040|rp2350"),
	OPTION("revision", NUMBER, rp.options.revision, 1, 255, NULL),
	OPTION("flash-size", SIZE, rp.options.flash_size, 64 * 1024, DFUT_SIM_RP_WINDOW_SIZE, NULL),
	OPTION("partitions", CHOICE, rp.options.partitions, 0, 0, "none|plain|ab"),
	OPTION("erase-us", NUMBER, rp.options.erase_us, 0, 60000000, NULL),
	OPTION("program-us", NUMBER, rp.options.program_us, 0, 60000000, NULL),
	OPTION("erases", FLAG, rp.options.erases, 0, 0, NULL),
	OPTION("buys", FLAG, rp.options.buys, 0, 0, NULL),
	DFUT_SIM_BOARD_OPTIONS(struct pico),
};

static int pico_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(pico_options, DFUT_COUNT(pico_options), state, key, value);
}

static int pico_create(void *state, struct dfut_sim_device *device)
{
	struct pico *pico = state;

	dfut_sim_board_create(&pico->board, device, &reset_application, get_rom(pico, 0), "E6616408432D5B2C");
	dfut_sim_rp_set_defaults(&pico->rp, device);
	pico->has_reset_interface = true;
	pico->has_baud_reset = true;
	return 0;
}

static int pico_prepare(void *state)
{
	struct pico *pico = state;
	struct dfut_sim_board *board = &pico->board;

	pico->application = pico->has_reset_interface ? reset_application : port_application;
	board->application = &pico->application;
	board->bootloader = get_rom(pico, 0);
	if (pico->rp.options.chip == DFUT_SIM_RP2350) {
		pico->application.product = "Pico 2";
		/* The SDK's for this chip, unless another was asked for */
		if (board->options.product_id == PICO_PRODUCT_ID)
			board->options.product_id = PICO_2_PRODUCT_ID;
	}
	dfut_sim_uf2_rp_prepare(&pico->uf2, &pico->rp);
	dfut_sim_drive_create(&pico->drive, board->device, &drive_layouts[pico->rp.options.chip], &pico->uf2.medium);
	return dfut_sim_rp_prepare(&pico->rp);
}

const struct dfut_sim_model dfut_sim_pico = {
	.size = sizeof(struct dfut_sim_model),
	.name = "pico",
	.text = "a Raspberry Pi Pico or Pico 2: a serial port and the reset interface, and its boot ROM",
	.options =
		"reset-interface=yes|no: whether it has the reset interface\n"
		"baud=yes|no: whether 1200 baud restart it\n"
		"chip=rp2040|rp2350: a Pico or a Pico 2\n"
		"revision=N: of its boot ROM (RP2350: 2 is an A2, which reads the partition table only after EXIT_XIP)\n"
		"flash-size=BYTES: of its flash, whole 4 KiB; K and M are understood\n"
		"partitions=none|plain|ab: of an RP2350, for programs and data, or two for programs that take turns\n"
		"erase-us=US: time to erase a sector of 4 KiB\n"
		"program-us=US: time to write a page of 256 bytes\n"
		"erases=yes|no: no: its flash is not erased, and nothing tells\n"
		"buys=yes|no: whether a program on trial says in time that it works\n" DFUT_SIM_BOARD_TEXT,
	.state_size = sizeof(struct pico),
	.create = pico_create,
	.set_option = pico_set_option,
	.prepare = pico_prepare,
	.destroy = pico_destroy,
	.start = pico_start,
	.set_mode = pico_continue,
	.get_mode_name = dfut_sim_board_get_mode_name,
	.describe = dfut_sim_board_describe,
	.get_memory = pico_get_memory,
	.control = pico_control,
	.bus_reset = pico_bus_reset,
	.timer = pico_timer,
	.endpoint_send = pico_send,
	.endpoint_receive = pico_receive,
};
