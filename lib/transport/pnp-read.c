/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Windows' Plug and Play, by SetupAPI and cfgmgr32. */

#include <windows.h>
/* First windows.h */
#include <cfgmgr32.h>
#include <initguid.h>
#include <setupapi.h>

/* It brings a word of COM with it. */
#undef interface

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/pnp.h"

DEFINE_GUID(hid_interfaces, 0x4d1e55b2, 0xf16f, 0x11cf, 0x88, 0xcb, 0x00, 0x11, 0x11, 0x00, 0x00, 0x30);

/* As text of several strings, it ends with two zeros. */
#define WIDE_SIZE 1024
#define DETAIL_SIZE (sizeof(DWORD) + WIDE_SIZE * sizeof(WCHAR))

/* Where one that matters may be found: usbser's ports are in the first, those of FTDI's driver have a bus of their own. */
static const WCHAR *const enumerators[] = { L"USB", L"HID", L"FTDIBUS" };

static void put_text(char *text, size_t size, const WCHAR *wide)
{
	if (!WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, (int)size, NULL, NULL))
		text[0] = '\0';
}

/* The first of several. */
static void read_property(char *text, size_t size, HDEVINFO set, SP_DEVINFO_DATA *device, DWORD property)
{
	WCHAR wide[WIDE_SIZE] = L"";

	text[0] = '\0';
	if (SetupDiGetDeviceRegistryPropertyW(set, device, property, NULL, (BYTE *)wide,
					      sizeof(wide) - 2 * sizeof(*wide), NULL))
		put_text(text, size, wide);
}

static void read_parent(char *text, size_t size, const SP_DEVINFO_DATA *device)
{
	WCHAR wide[WIDE_SIZE];
	DEVINST parent;

	text[0] = '\0';
	if (CM_Get_Parent(&parent, device->DevInst, 0) == CR_SUCCESS &&
	    CM_Get_Device_IDW(parent, wide, WIDE_SIZE, 0) == CR_SUCCESS)
		put_text(text, size, wide);
}

/* Only a port has such a name in its driver's key. */
static void read_port(char *text, size_t size, HDEVINFO set, SP_DEVINFO_DATA *device)
{
	HKEY key = SetupDiOpenDevRegKey(set, device, DICS_FLAG_GLOBAL, 0, DIREG_DEV, KEY_READ);
	WCHAR wide[WIDE_SIZE] = L"";
	DWORD bytes = sizeof(wide) - sizeof(*wide);
	DWORD type = 0;

	text[0] = '\0';
	if (key == INVALID_HANDLE_VALUE)
		return;
	if (RegQueryValueExW(key, L"PortName", NULL, &type, (BYTE *)wide, &bytes) == ERROR_SUCCESS && type == REG_SZ)
		put_text(text, size, wide);
	RegCloseKey(key);
}

static unsigned int read_problem(const SP_DEVINFO_DATA *device)
{
	ULONG status = 0, problem = 0;

	if (CM_Get_DevNode_Status(&status, &problem, device->DevInst, 0) != CR_SUCCESS || !(status & DN_HAS_PROBLEM))
		return 0;
	return (unsigned int)problem;
}

/* Whether an id is that of such a device, or of something below it. FTDI's driver puts a '+' between the two. */
static bool has_ids(const char *id, uint16_t vendor_id, uint16_t product_id)
{
	unsigned int vendor = 0, product = 0;
	const char *first = strchr(id, '\\');
	char between = 0;

	return first && sscanf(first + 1, "VID_%4x%cPID_%4x", &vendor, &between, &product) == 3 &&
	       vendor == vendor_id && product == product_id;
}

static bool read_id(char *id, size_t size, HDEVINFO set, SP_DEVINFO_DATA *device)
{
	WCHAR wide[WIDE_SIZE];

	if (!SetupDiGetDeviceInstanceIdW(set, device, wide, WIDE_SIZE, NULL))
		return false;
	put_text(id, size, wide);
	return id[0] != '\0';
}

static int read_enumerator(struct dfut_pnp_tree *tree, const WCHAR *enumerator, uint16_t vendor_id, uint16_t product_id)
{
	HDEVINFO set = SetupDiGetClassDevsW(NULL, enumerator, NULL, DIGCF_ALLCLASSES | DIGCF_PRESENT);
	SP_DEVINFO_DATA device = { .cbSize = sizeof(device) };
	int result = 0;

	/* FTDI's is there only with its driver. */
	if (set == INVALID_HANDLE_VALUE)
		return enumerator == enumerators[0] ? DFUT_ERROR_IO : 0;
	for (DWORD i = 0; result == 0 && SetupDiEnumDeviceInfo(set, i, &device); i++) {
		struct dfut_pnp_node node = { .problem = 0 };

		if (!read_id(node.id, sizeof(node.id), set, &device) || !has_ids(node.id, vendor_id, product_id))
			continue;
		read_parent(node.parent, sizeof(node.parent), &device);
		read_property(node.location, sizeof(node.location), set, &device, SPDRP_LOCATION_PATHS);
		read_property(node.service, sizeof(node.service), set, &device, SPDRP_SERVICE);
		read_port(node.port, sizeof(node.port), set, &device);
		node.problem = read_problem(&device);
		result = dfut_pnp_add(tree, &node);
	}
	SetupDiDestroyDeviceInfoList(set);
	return result;
}

static struct dfut_pnp_node *find(const struct dfut_pnp_tree *tree, const char *id)
{
	for (size_t i = 0; i < tree->count; i++)
		if (strcmp(tree->nodes[i].id, id) == 0)
			return &tree->nodes[i];
	return NULL;
}

/* The paths by which HID collections are opened. */
static void read_hid_paths(struct dfut_pnp_tree *tree)
{
	HDEVINFO set = SetupDiGetClassDevsW(&hid_interfaces, NULL, NULL, DIGCF_DEVICEINTERFACE | DIGCF_PRESENT);
	SP_DEVICE_INTERFACE_DATA found = { .cbSize = sizeof(found) };
	SP_DEVICE_INTERFACE_DETAIL_DATA_W *detail = calloc(1, DETAIL_SIZE);

	for (DWORD i = 0; set != INVALID_HANDLE_VALUE && detail &&
			  SetupDiEnumDeviceInterfaces(set, NULL, &hid_interfaces, i, &found);
	     i++) {
		SP_DEVINFO_DATA device = { .cbSize = sizeof(device) };
		char id[DFUT_PNP_TEXT_SIZE];
		struct dfut_pnp_node *node = NULL;

		detail->cbSize = sizeof(*detail);
		if (SetupDiGetDeviceInterfaceDetailW(set, &found, detail, DETAIL_SIZE, NULL, &device) &&
		    read_id(id, sizeof(id), set, &device))
			node = find(tree, id);
		if (node)
			put_text(node->hid, sizeof(node->hid), detail->DevicePath);
	}
	free(detail);
	if (set != INVALID_HANDLE_VALUE)
		SetupDiDestroyDeviceInfoList(set);
}

int dfut_pnp_read(struct dfut_pnp_tree *tree, uint16_t vendor_id, uint16_t product_id)
{
	int result = 0;

	*tree = (struct dfut_pnp_tree){ 0 };
	for (size_t i = 0; i < DFUT_COUNT(enumerators) && result == 0; i++)
		result = read_enumerator(tree, enumerators[i], vendor_id, product_id);
	if (result == 0 && tree->count)
		read_hid_paths(tree);
	return result;
}
