/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Feeds each file of the given folders to a fuzz target, where there is no libFuzzer. */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay_file(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	size = fread(data, 1, sizeof(data), file);
	if (ferror(file) || !feof(file)) {
		fprintf(stderr, "%s: can't be read, or has more than %zu bytes\n", path, sizeof(data) - 1);
		exit(EXIT_FAILURE);
	}
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
}

static size_t replay_folder(const char *folder)
{
	char path[4096];
	DIR *entries = opendir(folder);
	size_t count = 0;

	if (!entries) {
		perror(folder);
		exit(EXIT_FAILURE);
	}
	for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		replay_file(path);
		count++;
	}
	closedir(entries);
	return count;
}

int main(int argc, char **argv)
{
	size_t count = 0;

	for (int i = 1; i < argc; i++)
		count += replay_folder(argv[i]);
	printf("%zu inputs replayed\n", count);
	return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
