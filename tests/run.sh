#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# Installs what is needed (Debian 12), builds with sanitizers, runs all tests. The last line is the verdict.
#
# sh tests/run.sh [STAGE...]
#   unit      gcc, ASan and UBSan: unit tests, replay of the fuzz corpora, firmware formats against other programs
#   style     exports, headers, includes, scripts, ...
#   python    the Python package: its tests, its types, a wheel; once more with sanitizers
#   gtk       the configurator, driven as a person would, on a desktop that nobody sees; with sanitizers, too
#   install   installed, used through pkg-config and as a subproject
#   clang     as unit, with clang, without what is slow
#   without   builds without each of libusb, hidapi, libserialport, libelf, and libarchive with protobuf-c; without all of
#             them unit tests that are not slow, and the command
#   valgrind  unit tests of what parses, and of what has threads
#   mingw     the library compiles for Windows
#   docs      the API reference has no warnings
#   vm        a real Linux USB stack, in QEMU: our transports, beside programs that we did not write
#   soak      not part of "all": fuzzers, SOAK_SECONDS (180) each, unit tests SOAK_REPEAT (20) times, vm SOAK_VM (10)
#             times, races, cycles and interruptions in vm, and all of it on a fresh machine

set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build
results=$build/results
export PYTHONDONTWRITEBYTECODE=1
# Several builds compile the same files.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1

# Results: a line "STAGE PASSED FAILED" for each stage.
record() {
	echo "$1 $2 $3" >>"$results"
}

# record_command STAGE COMMAND...: one test, which is the command.
record_command() {
	stage=$1
	shift
	if "$@"; then
		record "$stage" 1 0
	else
		record "$stage" 0 1
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

# run_tests STAGE FOLDER OPTION...: builds in a configured folder and runs tests.
run_tests() {
	stage=$1
	folder=$build/$2
	shift 2
	log=$folder/meson-logs/$stage.junit.xml
	status=0
	rm -f "$folder/meson-logs/$stage"*
	if meson compile -C "$folder"; then
		meson test -C "$folder" --no-rebuild --print-errorlogs --logbase "$stage" "$@" || status=$?
		[ ! -f "$folder/meson-logs/$stage-$stage.junit.xml" ] || log=$folder/meson-logs/$stage-$stage.junit.xml
	fi
	# shellcheck disable=SC2046 # two numbers
	record "$stage" $(python3 "$root/tests/count.py" "$log" "$status")
}

stage_unit() {
	configure_dev dev && run_tests unit dev --suite unit --suite baseline --suite fuzz --suite cli --suite formats
}

stage_style() {
	configure_dev dev && run_tests style dev --suite style
}

stage_python() {
	configure python -Dpython=enabled -Dtests=enabled -Dcli=enabled -Dexamples=disabled &&
		run_tests python python --suite python || return 1
	configure_dev python-sanitized -Dpython=enabled -Dcli=disabled -Dexamples=disabled &&
		run_tests python-sanitized python-sanitized --suite python
}

# Screenshots are in build/gtk/tests/gtk/screenshots.
stage_gtk() {
	configure gtk -Dgtk=enabled -Dtests=disabled -Dexamples=disabled -Dpython=disabled &&
		run_tests gtk gtk --suite gtk || return 1
	configure gtk-sanitized -Dgtk=enabled -Dtests=disabled -Dexamples=disabled -Dpython=disabled \
		-Db_sanitize=address,undefined -Dwerror=true &&
		run_tests gtk-sanitized gtk-sanitized come_and_go unplug
}

stage_install() {
	configure_dev dev && run_tests install dev --suite install --verbose
}

stage_clang() {
	CC=clang configure_dev clang && run_tests clang clang --suite unit --suite fuzz --no-suite slow
}

# Each library by itself may be missing: that it builds is enough. What is left without all of them is tested.
build_without() {
	configure "without-$1" "-D$1=disabled" -Dwerror=true -Dtests=disabled -Dexamples=disabled -Dpython=disabled &&
		meson compile -C "$build/without-$1"
}
stage_without() {
	for library in usb hid serial elf nordic; do
		record_command "without-$library" build_without "$library"
	done
	if configure_dev without-all -Dusb=disabled -Dhid=disabled -Dserial=disabled -Delf=disabled -Dnordic=disabled; then
		run_tests without-all without-all --suite unit --suite cli --no-suite slow
	else
		record without-all 0 1
	fi
}

stage_valgrind() {
	configure plain -Dtests=enabled -Dcli=disabled -Dexamples=disabled &&
		run_tests valgrind plain --setup valgrind --suite valgrind
}

# Headers of these libraries are the same on each system; Debian has them for its own only.
make_mingw_packages() {
	system=$(gcc -print-multiarch)
	packages=$build/mingw-packages
	rm -rf "$packages"
	mkdir -p "$packages/include/openssl" "$packages/include/protobuf-c"
	cp /usr/include/protobuf-c/protobuf-c.h "$packages/include/protobuf-c"
	for include in /usr/include "/usr/include/$system" /usr/include/libusb-1.0 /usr/include/hidapi; do
		for header in "$include"/archive*.h "$include"/jansson*.h "$include"/libusb.h "$include"/hidapi.h "$include"/libserialport.h; do
			[ ! -f "$header" ] || cp "$header" "$packages/include"
		done
		[ ! -d "$include/openssl" ] || cp "$include"/openssl/*.h "$packages/include/openssl"
	done
	for package in hidapi-hidraw jansson libarchive libcrypto libprotobuf-c libserialport libusb-1.0; do
		cat >"$packages/${package%-hidraw}.pc" <<-END
			Name: $package
			Description: headers only
			Version: $(pkg-config --modversion "$package")
			Cflags: -I$packages/include
		END
	done
}

# A static library needs no linking, so that all is compiled without the libraries below.
build_mingw() {
	make_mingw_packages &&
		configure mingw --cross-file "$root/tests/mingw-w64.ini" -Dpkg_config_path="$build/mingw-packages" \
			-Ddefault_library=static -Dwerror=true -Delf=disabled -Dnordic=enabled -Dusb=enabled -Dhid=enabled -Dserial=enabled \
			-Dsim=enabled -Dcli=disabled -Dexamples=disabled -Dtests=disabled &&
		meson compile -C "$build/mingw" --ninja-args=-k,0
}

stage_mingw() {
	record_command mingw build_mingw
}

build_docs() {
	configure docs -Ddocs=enabled -Dcli=disabled -Dexamples=disabled -Dtests=disabled &&
		meson compile -C "$build/docs" docs
}

stage_docs() {
	record_command docs build_docs
}

# vm_script STAGE COUNTS SCRIPT OPTION...: runs a script of tests/vm inside the machine.
vm_script() {
	stage=$1
	counts=$2
	script=$3
	shift 3
	rm -f "$counts"
	"$root/tests/vm/vm" --timeout "${VM_SECONDS:-900}" --cache "$build/vm-kernel" --env DFUTRIGGER_BUILD="$build/vm" -- \
		/usr/bin/python3 "$root/tests/vm/$script" "$@" "$counts" || true
	# shellcheck disable=SC2046 # two numbers
	record "$stage" $(cat "$counts" || echo 0 1)
}

# vm_suite STAGE: two machines share the tests, which wait more than they work.
vm_suite() {
	rm -rf "$build/vm-taken"
	vm_script "$1-2" "$build/vm-2.counts" suite.py --taken "$build/vm-taken" >"$build/vm-2.log" 2>&1 &
	vm_script "$1-1" "$build/vm-1.counts" suite.py --taken "$build/vm-taken"
	wait
	cat "$build/vm-2.log"
}

# Afterwards the machine's kernel is in the cache.
prepare_vm() {
	# shellcheck disable=SC2046 # a list of words
	sh "$root/tests/install-packages.sh" $(grep -v '^#' "$root/tests/vm/packages.txt") &&
		configure vm -Dtests=disabled -Dpython=enabled && meson compile -C "$build/vm" || return 1
	record_command vm-machine python3 "$root/tests/vm/selftest.py" --cache "$build/vm-kernel"
}

stage_vm() {
	prepare_vm && vm_suite vm
}

# soak_target PROGRAM
soak_target() {
	name=${1##*/fuzz-}
	corpus=$build/soak/$name
	mkdir -p "$corpus"
	LSAN_OPTIONS=suppressions=$root/tests/lsan.supp "$1" -max_total_time="${SOAK_SECONDS:-180}" -timeout=10 \
		-artifact_prefix="$build/soak/$name-" -print_final_stats=1 "$corpus" "$root/tests/fuzz/corpus/$name"
}

stage_soak() {
	CC=clang configure_dev fuzz -Dfuzz=enabled && meson compile -C "$build/fuzz" || return 1
	# The machine in which nothing is installed is made anew each time.
	sh "$root/tests/install-packages.sh" debootstrap
	rm -rf "$build/fresh-machine"
	record_command soak-fresh-machine sh "$root/tests/fresh-machine.sh" "$build/fresh-machine" unit style python install vm
	for program in "$build"/fuzz/tests/fuzz/fuzz-*; do
		[ ! -f "$program" ] || record_command "soak-${program##*/}" soak_target "$program"
	done
	configure plain -Dtests=enabled -Dcli=disabled -Dexamples=disabled &&
		run_tests soak-valgrind plain --setup valgrind --suite unit --no-suite slow
	configure_dev dev && run_tests soak dev --suite unit --repeat "${SOAK_REPEAT:-20}"
	prepare_vm || return 1
	for _ in $(seq "${SOAK_VM:-10}"); do
		vm_suite soak-vm
	done
	vm_script soak-races "$build/vm-1.counts" soak_races.py
	vm_script soak-cycles "$build/vm-1.counts" soak_cycles.py
	(VM_SECONDS=3600 && vm_script soak-interrupted "$build/vm-1.counts" soak_interrupted.py)
}

print_verdict() {
	all_passed=0
	all_failed=0
	echo
	while read -r stage passed failed; do
		echo "$stage: $passed passed, $failed failed"
		all_passed=$((all_passed + passed))
		all_failed=$((all_failed + failed))
	done <"$results"
	echo "$all_passed passed, $all_failed failed"
	[ "$all_failed" -eq 0 ] && [ "$all_passed" -gt 0 ]
}

[ $# -gt 0 ] || set -- unit style python gtk install clang without valgrind mingw docs vm
for stage; do
	case $stage in
	unit | style | python | gtk | install | clang | without | valgrind | mingw | docs | vm | soak) ;;
	*)
		echo "$0: no stage \"$stage\"" >&2
		exit 2
		;;
	esac
done

# shellcheck disable=SC2046 # a list of words
sh "$root/tests/install-packages.sh" $(grep -v '^#' "$root/tests/packages.txt")
mkdir -p "$build"
: >"$results"
for stage; do
	echo
	echo "== $stage"
	case $stage in
	unit) stage_unit ;;
	style) stage_style ;;
	python) stage_python ;;
	gtk) stage_gtk ;;
	install) stage_install ;;
	clang) stage_clang ;;
	without) stage_without ;;
	valgrind) stage_valgrind ;;
	mingw) stage_mingw ;;
	docs) stage_docs ;;
	vm) stage_vm ;;
	soak) stage_soak ;;
	esac || record "$stage" 0 1
done
print_verdict
