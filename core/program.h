#pragma once

#include <atomic>
#include <functional>

namespace ravine {

/// What our programs do around their work; a program of your own may do the same.
///
/// Runs `body` and returns its exit code. An exception becomes one line on stderr, "name:
/// sentence", and a code: 3 for DataError, 4 for DeviceError, 1 for all others. Output that could
/// not be written to stdout is an error too.
int run_program(const char* name, const std::function<int()>& body);

/// From now on SIGINT and SIGTERM set a flag that fit and find_lr poll; a second one ends the
/// process at once. The library itself never calls this.
const std::atomic<bool>& stop_on_signals();

/// 128 + the signal that set the flag, the exit code a shell expects; 0 when none came.
int signal_exit_code();

}  // namespace ravine
