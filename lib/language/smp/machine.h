/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is done with a device that speaks SMP: look at it, upload an image, let it be started, confirm it. */

#ifndef DFUT_SMP_MACHINE_H
#define DFUT_SMP_MACHINE_H

#include "core/machine.h"
#include "language/smp/message.h"

/* What a device has told. */
struct smp_look {
	bool in_recovery;   /* MCUboot answers, not an application */
	size_t buffer_size; /* 0: not told */
	char bootloader[32];
	int mode; /* enum smp_mode, or another number */
	bool prevents_downgrade;
	struct smp_answer list;	 /* its images */
	struct smp_answer rooms; /* its slots */
};

/* What the machines have found out. */
struct smp_report {
	struct smp_look look;
	bool is_there;	  /* the device's list has the image, by its hash */
	bool has_no_hash; /* the list does not tell hashes */
	bool has_no_list;
	bool stayed;	   /* it has restarted, and its port was there all the time */
	bool is_confirmed; /* the new image is */
	bool is_denied;	   /* the device does not let it be confirmed from outside */
	char version[32];  /* that runs in the end */
};

/* What a machine is to do, beside struct dfut_job. */
struct smp_job {
	const uint8_t *hash; /* of the image's TLV */
	size_t hash_size;
	const uint8_t *sha; /* SHA-256 of the file */
	unsigned int image;
	uint64_t upload_id;   /* what an upload names it */
	size_t message_limit; /* header and CBOR that the device takes */
	bool in_recovery;
	bool tests; /* the image is marked for test; may_refuse: and it is no error if it can't be */
	bool may_refuse;
	bool confirms;
	bool stays;	      /* what was marked is not restarted for */
	uint32_t patience_ms; /* how long a restart may take */
	struct smp_report *report;
};

extern const struct dfut_machine_ops smp_look_machine;
extern const struct dfut_machine_ops smp_upload_machine;
extern const struct dfut_machine_ops smp_start_machine;
extern const struct dfut_machine_ops smp_settle_machine;
/* commands.c */
extern const struct dfut_machine_ops smp_confirm_machine;
extern const struct dfut_machine_ops smp_erase_machine;
extern const struct dfut_machine_ops smp_reset_machine;
extern const struct dfut_machine_ops smp_echo_machine;

#endif
