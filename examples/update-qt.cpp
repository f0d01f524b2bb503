/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates a device from Qt's event loop: update-qt [--sim SPEC] FILE [ALTERNATE]. */

#include <QAbstractEventDispatcher>
#include <QCoreApplication>
#include <QSocketNotifier>
#include <QTimer>

#include <cstdio>
#include <cstring>
#include <memory>

#include <dfutrigger-sim.h>
#include <dfutrigger.h>

/* A context in the loop of its thread: to be copied. Destroy it before the context. */
class DfutSource {
public:
	explicit DfutSource(dfut_context *context)
		: context(context), notifier(dfut_context_get_event(context), QSocketNotifier::Read)
	{
		timer.setSingleShot(true);
		timer.setTimerType(Qt::PreciseTimer);
		QObject::connect(&notifier, &QSocketNotifier::activated, &timer, [this] { dispatch(); });
		QObject::connect(&timer, &QTimer::timeout, &timer, [this] { dispatch(); });
		/* The time is asked for before each poll: what was dispatched, started or cancelled has changed it. */
		QObject::connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::aboutToBlock, &timer,
				 [this] { set_timer(); });
		set_timer();
	}

private:
	/* 0 ms: the waiting is done by the loop. */
	void dispatch()
	{
		dfut_context_dispatch(context, 0);
		set_timer();
	}

	void set_timer()
	{
		int timeout_ms = dfut_context_get_timeout_ms(context);

		if (timeout_ms < 0)
			timer.stop();
		else if (!timer.isActive() || timer.remainingTime() > timeout_ms)
			timer.start(timeout_ms);
	}

	dfut_context *context;
	QSocketNotifier notifier;
	QTimer timer;
};

template<typename T, void (*release)(T *)> struct Release {
	void operator()(T *object) const { release(object); }
};
using Context = std::unique_ptr<dfut_context, Release<dfut_context, dfut_context_free>>;
using Sim = std::unique_ptr<dfut_sim, Release<dfut_sim, dfut_sim_free>>;
using Device = std::unique_ptr<dfut_device, Release<dfut_device, dfut_device_unref>>;
using Image = std::unique_ptr<dfut_image, Release<dfut_image, dfut_image_free>>;
using Session = std::unique_ptr<dfut_session, Release<dfut_session, dfut_session_free>>;

static void progressed(dfut_session *session, const dfut_progress *, void *)
{
	if (dfut_session_has_ended(session))
		QCoreApplication::quit();
}

static int update(dfut_context *context, const char *path, const char *alternate)
{
	dfut_image *image = nullptr;
	dfut_device *device = nullptr;
	dfut_session *session = nullptr;

	if (dfut_image_load_file(&image, context, path, 0) < 0 || dfut_device_find(&device, context, nullptr) < 0) {
		std::fprintf(stderr, "%s\n%s\n", dfut_context_get_error(context), dfut_context_get_hint(context));
		dfut_image_free(image);
		return EXIT_FAILURE;
	}
	Image own_image(image);
	Device own_device(device);
	if (dfut_session_new(&session, device) < 0)
		return EXIT_FAILURE;
	Session own_session(session);
	DfutSource source(context);
	dfut_session_set_progress_handler(session, progressed, nullptr);
	if (dfut_session_set_alternate(session, alternate) == 0 && dfut_session_start_update(session, image) == 0)
		QCoreApplication::exec();
	std::printf("%s\n%s\n", dfut_session_get_message(session), dfut_session_get_hint(session));
	return dfut_session_get_state(session) == DFUT_SESSION_DONE ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	QCoreApplication application(argc, argv);
	int first = argc > 2 && std::strcmp(argv[1], "--sim") == 0 ? 3 : 1;
	dfut_context *context = nullptr;
	dfut_sim *sim = nullptr;

	if (argc <= first) {
		std::fprintf(stderr, "usage: update-qt [--sim SPEC] FILE [ALTERNATE]\n");
		return EXIT_FAILURE;
	}
	if (dfut_context_new(&context) < 0)
		return EXIT_FAILURE;
	Context own_context(context);
	if (first == 3 && dfut_sim_new(&sim, DFUT_SIM_CLOCK_REAL) < 0)
		return EXIT_FAILURE;
	Sim own_sim(sim);
	if (sim && (dfut_sim_plug(nullptr, sim, argv[2], nullptr) < 0 || dfut_sim_add_to_context(sim, context) < 0)) {
		std::fprintf(stderr, "%s\n", dfut_sim_get_error(sim));
		return EXIT_FAILURE;
	}
	return update(context, argv[first], argc > first + 1 ? argv[first + 1] : nullptr);
}
