/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Virtual devices to play with. */

#include "playground.h"

struct _Toy {
	GObject parent_instance;

	char *name;
	bool plugged;
	struct dfut_sim_device *device; /* belongs to the bus */
};

G_DEFINE_FINAL_TYPE(Toy, toy, G_TYPE_OBJECT)

struct playground {
	struct dfut_sim *sim;
	GListStore *toys;
};

const char *toy_get_name(Toy *toy)
{
	return toy->name;
}

bool toy_is_plugged(Toy *toy)
{
	return toy->plugged;
}

void toy_set_plugged(Toy *toy, bool plugged)
{
	if (plugged == toy->plugged)
		return;
	toy->plugged = plugged;
	if (plugged)
		dfut_sim_device_replug(toy->device);
	else
		dfut_sim_device_unplug(toy->device);
}

struct playground *playground_new(struct dfut_context *context)
{
	struct playground *playground = g_new0(struct playground, 1);

	if (dfut_sim_new(&playground->sim, DFUT_SIM_CLOCK_REAL) < 0 ||
	    dfut_sim_add_to_context(playground->sim, context) < 0)
		g_error("out of memory");
	playground->toys = g_list_store_new(TOY_TYPE);
	return playground;
}

void playground_free(struct playground *playground)
{
	g_list_store_remove_all(playground->toys);
	g_object_unref(playground->toys);
	if (dfut_sim_save(playground->sim) < 0)
		g_warning("%s", dfut_sim_get_error(playground->sim));
	dfut_sim_free(playground->sim);
	g_free(playground);
}

GListModel *playground_get_model(struct playground *playground)
{
	return G_LIST_MODEL(playground->toys);
}

const char *playground_add(struct playground *playground, const char *spec)
{
	struct dfut_sim_device *device = NULL;
	Toy *toy;

	if (dfut_sim_plug(&device, playground->sim, spec, NULL) < 0)
		return dfut_sim_get_error(playground->sim);
	toy = g_object_new(TOY_TYPE, NULL);
	toy->name = g_strdup_printf("%u: %s", g_list_model_get_n_items(G_LIST_MODEL(playground->toys)) + 1, spec);
	toy->plugged = true;
	toy->device = device;
	g_list_store_append(playground->toys, toy);
	g_object_unref(toy);
	return NULL;
}

static void toy_finalize(GObject *object)
{
	g_free(APP_TOY(object)->name);
	G_OBJECT_CLASS(toy_parent_class)->finalize(object);
}

static void toy_class_init(ToyClass *class)
{
	G_OBJECT_CLASS(class)->finalize = toy_finalize;
}

static void toy_init(Toy *toy)
{
	(void)toy;
}
