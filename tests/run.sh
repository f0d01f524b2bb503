#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# Installs what is needed (Debian 12), builds with sanitizers, runs all tests. At the end there is a line for each part of
# a stage, with the seconds that it took; the last line is the verdict.
#
# sh tests/run.sh [STAGE...]
#   unit      gcc, ASan and UBSan: unit tests, replay of the fuzz corpora, firmware formats against other programs
#   style     exports, headers, includes, scripts, ...
#   python    the Python package: its tests, its types, a wheel; once more with sanitizers
#   counts    instructions, system calls, allocations and size are not more than docs/performance.md says
#   node      the Node module: its tests, its package, a compiler on its types; once more with sanitizers
#   gtk       the configurator, driven as a person would, on a desktop that nobody sees; with sanitizers, too
#   install   installed, used through pkg-config and as a subproject
#   clang     all of it compiles with clang, with sanitizers; each fuzzer for FUZZ_SECONDS (3)
#   without   builds without each of libusb, hidapi, libserialport, protobuf-c and libcbor, without all of them, and with few
#             of the bootloader languages, whose absence is told
#   mingw     the library compiles for Windows; those tests that need no other library run under Wine
#   docs      the API reference has no warnings
#   vm        a real Linux USB stack, in QEMU: our transports, beside programs that we did not write
#
# Those are what a push is tried with, and what is run without arguments: 40 minutes at most, on two processors. Then there are
#   valgrind  unit tests of what parses, and of what has threads
#   coverage  which lines of the library unit, fuzz, cli and python tests reach, and those of vm that are about transports: prints
#             what they do not, and fails where that is more than a tenth of a folder
#   threads   programs with threads under the thread sanitizer, one of them in QEMU on the system's bus
#   packages  what is released, of what is committed: nothing of the interface is unrecorded, the source archive passes its tests, the
#             wheel, the Debian packages and the npm package work in fresh machines (as root)
#   windows   the library and the command for Windows, under Wine: unit tests on virtual devices, and those of the command. Builds
#             what they need from Debian's sources first, which takes longer than all the rest
#   release   before a release, and before an issue is closed: all of the above on a fresh machine, with WHOLE=yes, which
#             has more: in vm the Node module, each call of dfu-util that tests/callers knows, each device that lsusb can save, and
#             what is marked for_release there; the unit tests of clang, and those of a build without all libraries; before it,
#             here, the packages, an interruption of each kind in the middle of each update, and what README and other
#             documents say, followed in a fresh machine; 90 minutes at most
#   soak      fuzzers, SOAK_SECONDS (1800) each, unit tests SOAK_REPEAT (5) times, SOAK_ROOMS (1000) rooms, SOAK_TWINS (1000)
#             racks of twins, HOSTILE (10000) trials of hostile devices, each NO_MEMORY_STEP (1)-th allocation missing, faults
#             at each FAULT_STEP (1)-th request of the longest updates; in vm its tests SOAK_VM (4) times, SOAK_RACES (67), SOAK_CYCLES (50),
#             interruptions at SOAK_STEPS (20) requests of each update, for 3 hours at most, SOAK_LISTS (1000); a long night,
#             with smaller numbers less

set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build
results=$build/results
export PYTHONDONTWRITEBYTECODE=1
# Several builds compile the same files; what they depend on is known without preprocessing them first.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1

# Results: a line "PART PASSED FAILED SECONDS" for each part of a stage. A part begins where the one before it has ended.
begin_part() {
	part_began=$(date +%s)
}
record() {
	echo "$1 $2 $3 $(($(date +%s) - part_began))" >>"$results"
	begin_part
}

# record_command PART COMMAND...: one test, which is the command.
record_command() {
	part=$1
	shift
	if "$@"; then
		record "$part" 1 0
	else
		record "$part" 0 1
	fi
}

# configure FOLDER OPTION...
configure() {
	folder=$build/$1
	shift
	if [ -f "$folder/build.ninja" ]; then
		meson setup --reconfigure "$folder" "$root" "$@" >"$folder.log" 2>&1
	else
		rm -rf "$folder"
		meson setup "$folder" "$root" "$@" >"$folder.log" 2>&1
	fi || {
		cat "$folder.log"
		return 1
	}
}

configure_dev() {
	folder=$1
	shift
	configure "$folder" --native-file "$root/build-dev.ini" "$@"
}

# run_tests PART FOLDER OPTION...: builds what the tests need in a configured folder, and runs them. In the file DIFFERENT are
# those that can't run there.
run_tests() {
	part=$1
	folder=$build/$2
	shift 2
	log=$folder/meson-logs/$part.junit.xml
	status=0
	rm -f "$folder/meson-logs/$part"*
	# A time limit is for what hangs; a machine may be busy with other things.
	meson test -C "$folder" --print-errorlogs --logbase "$part" --timeout-multiplier 5 "$@" || status=$?
	[ ! -f "$folder/meson-logs/$part-$part.junit.xml" ] || log=$folder/meson-logs/$part-$part.junit.xml
	# shellcheck disable=SC2046 # two numbers
	record "$part" $(python3 "$root/tests/count.py" "$log" "$status" ${DIFFERENT:+"$DIFFERENT"})
}

# build_and_test PART FOLDER OPTION...: builds all of it.
build_and_test() {
	if meson compile -C "$build/$2"; then
		run_tests "$@" --no-rebuild
	else
		record "$1" 0 1
	fi
}

stage_unit() {
	configure_dev dev && build_and_test unit dev --suite unit --suite baseline --suite fuzz --suite cli --suite formats ||
		return 1
	[ -z "${WHOLE:-}" ] || record_command tshark read_by_tshark
}

# What a session becomes for Wireshark is read by it: it is large.
read_by_tshark() {
	sh "$root/tests/install-packages.sh" tshark &&
		python3 "$root/tests/sessions/tshark.py" "$build/dev/examples/cli/dfutrigger"
}

stage_style() {
	configure_dev dev && run_tests style dev --suite style
}

stage_python() {
	configure python -Dpython=enabled -Dtests=disabled -Dcli=enabled -Dexamples=disabled &&
		build_and_test python python --suite python || return 1
	configure_dev python-sanitized -Dpython=enabled -Dtests=disabled -Dcli=disabled -Dexamples=disabled &&
		build_and_test python-sanitized python-sanitized --suite python
}

# A Node that is not Debian's does not go together with Debian's npm, and has its own, and headers.
install_node() {
	if ! command -v npm >/dev/null || ! [ -f "$(node -p 'path.resolve(process.execPath, "../..")')/include/node/node_api.h" ]; then
		# shellcheck disable=SC2046 # a list of words
		sh "$root/tests/install-packages.sh" $(grep -v '^#' "$root/tests/node/packages.txt")
	fi
}

stage_node() {
	install_node || return 1
	configure node -Dnode=enabled -Dpython=disabled -Dtests=disabled -Dcli=disabled -Ddfu-util=disabled -Dexamples=disabled &&
		build_and_test node node --suite node || return 1
	configure_dev node-sanitized -Dnode=enabled -Dpython=disabled -Dtests=disabled -Dcli=disabled -Ddfu-util=disabled \
		-Dexamples=disabled &&
		build_and_test node-sanitized node-sanitized --suite node
}

stage_counts() {
	configure python -Dpython=enabled -Dtests=disabled -Dcli=enabled -Dexamples=disabled && meson compile -C "$build/python" &&
		record_command counts /usr/bin/python3 "$root/tests/bench/all.py" "$build/python" --check
}

# Screenshots are in build/gtk/tests/gtk/screenshots.
stage_gtk() {
	configure gtk -Dgtk=enabled -Dtests=disabled -Dexamples=disabled -Dpython=disabled &&
		build_and_test gtk gtk --suite gtk || return 1
	configure gtk-sanitized -Dgtk=enabled -Dtests=disabled -Dexamples=disabled -Dpython=disabled \
		-Db_sanitize=address,undefined -Dwerror=true &&
		build_and_test gtk-sanitized gtk-sanitized come_and_go unplug
}

stage_install() {
	configure_dev dev && run_tests install dev --suite install --verbose
}

# By themselves: what fuzzers are built with makes other tests twice as slow.
build_fuzzers() {
	CC=clang configure_dev fuzz -Dfuzz=enabled && meson compile -C "$build/fuzz" fuzzers
}

# run_fuzzers SECONDS OPTION...
run_fuzzers() {
	python3 "$root/tests/fuzz/run.py" "$build/fuzz" "$@"
}

stage_clang() {
	# shellcheck disable=SC2086 # two words, or none
	CC=clang configure_dev clang && build_and_test clang clang ${WHOLE:+--suite unit} --suite fuzz --no-suite slow || return 1
	build_fuzzers && record_command clang-fuzz run_fuzzers "${FUZZ_SECONDS:-3}"
}

# Each library by itself may be missing: that it builds is enough. What is left without all of them is tested in a release.
without_all="-Dusb=disabled -Dhid=disabled -Dserial=disabled -Dnordic=disabled -Dsmp=disabled"

# build_without NAME OPTION...
build_without() {
	name=without-$1
	shift
	configure "$name" "$@" -Dwerror=true -Dtests=disabled -Dexamples=disabled -Dpython=disabled &&
		meson compile -C "$build/$name"
}

# tell_absent COMMAND: refuses a device whose language it lacks before anything is sent, and says how to get it.
tell_absent() {
	tail -c 2048 "$1" >"$build/absent.bin"
	told=$("$1" --sim teensy update "$build/absent.bin" 2>&1) && return 1
	echo "$told"
	echo "$told" | grep -q 'HalfKay, which this build does not' && echo "$told" | grep -q 'halfkay among -Dlanguages'
}

stage_without() {
	for library in usb hid serial nordic smp; do
		record_command "without-$library" build_without "$library" "-D$library=disabled"
	done
	# shellcheck disable=SC2086 # a list of words
	record_command without-all build_without all $without_all
	record_command without-languages build_without languages -Dlanguages=dfu,dfuse -Dnordic=disabled
	record_command without-languages-told tell_absent "$build/without-languages/examples/cli/dfutrigger"
	[ -n "${WHOLE:-}" ] || return 0
	# shellcheck disable=SC2086 # a list of words
	configure_dev without-all-tested -Db_sanitize=none $without_all &&
		build_and_test without-all-tested without-all-tested --suite unit --suite cli --no-suite slow
}

stage_valgrind() {
	configure plain -Dtests=enabled -Dcli=disabled -Dexamples=disabled &&
		run_tests valgrind plain --setup valgrind --timeout-multiplier 20 --suite valgrind
}

# Headers of these libraries are the same on each system; Debian has them for its own only.
make_mingw_packages() {
	system=$(gcc -print-multiarch)
	packages=$build/mingw-packages
	rm -rf "$packages"
	mkdir -p "$packages/include/mbedtls" "$packages/include/protobuf-c"
	cp /usr/include/protobuf-c/protobuf-c.h "$packages/include/protobuf-c"
	for include in /usr/include "/usr/include/$system" /usr/include/libusb-1.0 /usr/include/hidapi; do
		for header in "$include"/libusb.h "$include"/hidapi.h "$include"/libserialport.h; do
			[ ! -f "$header" ] || cp "$header" "$packages/include"
		done
		[ ! -d "$include/mbedtls" ] || cp "$include"/mbedtls/*.h "$packages/include/mbedtls"
	done
	# Mbed TLS 2.28 has no file for pkg-config.
	for package in hidapi-hidraw libcrypto libprotobuf-c libserialport libusb-1.0 mbedcrypto; do
		cat >"$packages/${package%-hidraw}.pc" <<-END
			Name: $package
			Description: headers only
			Version: $(pkg-config --modversion "$package" 2>/dev/null || echo 2.28)
			Cflags: -I$packages/include
		END
	done
}

# configure_windows FOLDER OPTION...: what is linked runs under Wine.
configure_windows() {
	folder=$1
	shift
	printf "[constants]\nroot = '%s'\n" "$root" >"$build/windows-root.ini"
	configure "$folder" --cross-file "$build/windows-root.ini" --cross-file "$root/tests/mingw-w64.ini" \
		--cross-file "$root/tests/windows/cross.ini" -Dwerror=true -Dusb=enabled -Dhid=enabled -Dserial=enabled \
		-Dnordic=enabled -Dtests=enabled "$@"
}

# A static library needs no linking, so that all is compiled without the libraries below.
build_mingw() {
	make_mingw_packages &&
		configure_windows mingw -Dpkg_config_path="$build/mingw-packages" -Ddefault_library=static \
			-Dcli=disabled -Dexamples=disabled &&
		meson compile -C "$build/mingw" --ninja-args=-k,0 dfutrigger:static_library dfutrigger-sim:static_library
}

# Tests that need no library but Windows' own run, too; all others do in stage "windows".
stage_mingw() {
	record_command mingw build_mingw
	run_tests mingw-wine mingw --suite short
}

build_docs() {
	configure docs -Ddocs=enabled -Dcli=disabled -Dexamples=disabled -Dtests=disabled &&
		meson compile -C "$build/docs" docs
}

stage_docs() {
	record_command docs build_docs
}

# vm_script COUNTS SCRIPT OPTION...: runs a script of tests/vm inside the machine, which leaves "PASSED FAILED" in a file.
# VM_BUILD is the build that it uses; with VM_COVERED gcov's files are left in a folder beside COUNTS.
vm_script() {
	counts=$1
	script=$2
	shift 2
	rm -rf "$counts" "${counts%.counts}.covered"
	set -- /usr/bin/python3 "$root/tests/vm/$script" "$counts" "$@"
	[ -z "${VM_COVERED:-}" ] || set -- sh "$root/tests/vm/covered.sh" "$VM_BUILD" "${counts%.counts}.covered" "$@"
	"$root/tests/vm/vm" --timeout "${VM_SECONDS:-1800}" --cache "$build/vm-kernel" --env DFUTRIGGER_BUILD="${VM_BUILD:-$build/vm}" \
		--env SOAK_SIZE="${VM_SIZE:-}" --env WHOLE="${WHOLE:-}" -- "$@" || true
	[ -s "$counts" ] || echo 0 1 >"$counts"
}

# record_vm PART SCRIPT OPTION...
record_vm() {
	part=$1
	shift
	vm_script "$build/vm-1.counts" "$@"
	# shellcheck disable=SC2046 # two numbers
	record "$part" $(cat "$build/vm-1.counts")
}

# vm_suite PART [TEST...]: two machines share the tests, which wait more than they work.
vm_suite() {
	part=$1
	shift
	rm -rf "$build/vm-taken"
	vm_script "$build/vm-2.counts" suite.py "$@" --taken "$build/vm-taken" >"$build/vm-2.log" 2>&1 &
	vm_script "$build/vm-1.counts" suite.py "$@" --taken "$build/vm-taken"
	wait
	cat "$build/vm-2.log"
	read -r passed_1 failed_1 <"$build/vm-1.counts"
	read -r passed_2 failed_2 <"$build/vm-2.counts"
	record "$part" $((passed_1 + passed_2)) $((failed_1 + failed_2))
}

# Afterwards the machine's kernel is in the cache.
prepare_machine() {
	# shellcheck disable=SC2046 # a list of words
	sh "$root/tests/install-packages.sh" $(grep -v '^#' "$root/tests/vm/packages.txt") || return 1
	record_command vm-machine python3 "$root/tests/vm/selftest.py" --cache "$build/vm-kernel"
}

# Node is large.
prepare_vm() {
	[ -z "${WHOLE:-}" ] || install_node || return 1
	configure vm -Dtests=disabled -Dpython=enabled ${WHOLE:+-Dnode=enabled} && meson compile -C "$build/vm" && prepare_machine
}

stage_vm() {
	prepare_vm && vm_suite vm
}

# What reaches the system's bus, which virtual devices do not: parts of the names of tests
transport_tests="test_access. test_drives. test_faults. test_gadgets. test_hid. test_list. test_looking.Looking.test_[!l]
	test_mirror. test_nodes_access. test_ports. test_serial. test_serial_updates.SmpUpdateTest test_stall. test_update."

# What it measures are lines: nothing is optimised. gcov adds to what earlier runs have left.
stage_coverage() {
	configure coverage -Db_coverage=true -Dbuildtype=debug -Dcli=enabled -Dexamples=enabled -Dpython=enabled -Dtests=enabled &&
		meson compile -C "$build/coverage" || return 1
	find "$build/coverage" -name '*.gcda' -delete
	run_tests coverage-tests coverage --no-rebuild --suite unit --suite fuzz --suite cli --suite python
	prepare_machine || return 1
	# shellcheck disable=SC2086 # a list of words
	(VM_BUILD=$build/coverage VM_COVERED=yes && vm_suite coverage-vm $transport_tests)
	record_command coverage python3 "$root/tests/coverage.py" "$root" "$build/coverage" "$build/vm-1.covered" "$build/vm-2.covered"
}

stage_threads() {
	configure_dev threads -Db_sanitize=thread -Dpython=disabled && run_tests threads threads --suite threads || return 1
	meson compile -C "$build/threads" threads-system && prepare_vm &&
		record_vm threads-vm threads.py "$build/threads/tests/threads/threads-system"
}

stage_packages() {
	configure_dev dev && record_command packages-interface meson compile -C "$build/dev" abi-exact || return 1
	record_command packages-archive sh "$root/tests/packages/dist.sh" "$build/packages/archive"
	record_command packages-wheel sh "$root/tests/packages/wheel.sh" "$build/packages/wheel"
	record_command packages-debian sh "$root/tests/packages/debian.sh" "$build/packages/debian"
	record_command packages-node sh "$root/tests/packages/node.sh" "$build/packages/node" "$build/packages/debian"
}

windows_dependencies() {
	# shellcheck disable=SC2046 # a list of words
	sh "$root/tests/install-packages.sh" $(grep -v '^#' "$root/tests/windows/packages.txt") &&
		sh "$root/tests/windows/dependencies.sh" "$build/windows-deps"
}

stage_windows() {
	windows_dependencies || return 1
	configure_windows windows -Dsmp=enabled -Dcli=enabled -Dexamples=enabled &&
		DIFFERENT=$root/tests/windows/different.txt build_and_test windows windows --suite unit --suite cli
}

# The machine is made anew each time, and kept if something failed there.
try_fresh_machine() {
	rm -rf --one-file-system "$build/fresh-machine"
	# shellcheck disable=SC2086 # a list of words
	sh "$root/tests/install-packages.sh" debootstrap git &&
		sh "$root/tests/fresh-machine.sh" "$build/fresh-machine" $push_stages valgrind coverage threads windows &&
		rm -rf --one-file-system "$build/fresh-machine"
}

# In a machine of its own, as that one has more than the documents ask for.
try_documents() {
	rm -rf --one-file-system "$build/documents-machine"
	sh "$root/tests/install-packages.sh" debootstrap git &&
		sh "$root/tests/documents-machine.sh" "$build/documents-machine" &&
		rm -rf --one-file-system "$build/documents-machine"
}

stage_release() {
	stage_packages
	prepare_vm && (VM_SIZE=1 && record_vm release-interrupted soak_interrupted.py)
	record_command release-documents try_documents
	record_command release-fresh-machine try_fresh_machine
}

stage_soak() {
	build_fuzzers || return 1
	run_fuzzers "${SOAK_SECONDS:-1800}" --part soak-fuzz --results "$results" || true
	begin_part
	configure plain -Dtests=enabled -Dcli=disabled -Dexamples=disabled &&
		run_tests soak-valgrind plain --setup valgrind --timeout-multiplier 20 --suite unit --no-suite slow
	configure_dev dev && build_and_test soak dev --suite unit --repeat "${SOAK_REPEAT:-5}"
	(export ROOMS_COUNT="${SOAK_ROOMS:-1000}" && run_tests soak-rooms dev rooms)
	(export TWINS_COUNT="${SOAK_TWINS:-1000}" && run_tests soak-twins dev twins --timeout-multiplier 30)
	(export HOSTILE="${HOSTILE:-10000}" && run_tests soak-hostile dev hostile)
	(export FAULT_STEP="${FAULT_STEP:-1}" && run_tests soak-faults dev update-sam-ba-faults --timeout-multiplier 60)
	(export NO_MEMORY_STEP="${NO_MEMORY_STEP:-1}" &&
		run_tests soak-no-memory dev no-memory no-memory-files no-memory-records && run_tests soak-cli-no-memory dev cli-no-memory)
	prepare_vm || return 1
	for _ in $(seq "${SOAK_VM:-4}"); do
		vm_suite soak-vm
	done
	(VM_SIZE=${SOAK_RACES:-67} && record_vm soak-races soak_races.py)
	(VM_SIZE=${SOAK_CYCLES:-50} && record_vm soak-cycles soak_cycles.py)
	(VM_SIZE=${SOAK_STEPS:-20} VM_SECONDS=10800 && record_vm soak-interrupted soak_interrupted.py)
	(VM_SIZE=${SOAK_LISTS:-1000} VM_SECONDS=14400 && record_vm soak-looking soak_looking.py)
}

print_verdict() {
	all_passed=0
	all_failed=0
	echo
	while read -r part passed failed seconds; do
		echo "$part: $passed passed, $failed failed, $seconds s"
		all_passed=$((all_passed + passed))
		all_failed=$((all_failed + failed))
	done <"$results"
	echo "all of it: $(($(date +%s) - began)) s"
	echo "$all_passed passed, $all_failed failed"
	[ "$all_failed" -eq 0 ] && [ "$all_passed" -gt 0 ]
}

push_stages="unit style python counts node gtk install clang without mingw docs vm"
# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $push_stages
for stage; do
	case $stage in
	unit | style | python | counts | node | gtk | install | clang | without | valgrind | mingw | docs | vm | coverage | threads | packages | windows | release | soak) ;;
	*)
		echo "$0: no stage \"$stage\"" >&2
		exit 2
		;;
	esac
done

began=$(date +%s)
mkdir -p "$build"
: >"$results"
begin_part
# shellcheck disable=SC2046 # a list of words
sh "$root/tests/install-packages.sh" $(grep -v '^#' "$root/tests/packages.txt")
for stage; do
	echo
	echo "== $stage"
	begin_part
	"stage_$stage" || record "$stage" 0 1
done
print_verdict
