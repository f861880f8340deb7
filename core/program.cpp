#include <csignal>
#include <cstdio>
#include <exception>
#include <initializer_list>
#include <new>

#include <ravine/core/error.h>
#include <ravine/core/program.h>

namespace ravine {
namespace {

std::atomic<bool> stop_flag{false};
std::atomic<int> received{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void on_signal(int signal) {
  received.store(signal);
  stop_flag.store(true);
  std::signal(signal, SIG_DFL);
}

int report(const char* name, const char* what, int code) {
  std::fflush(stdout);
  std::fprintf(stderr, "%s: %s\n", name, what);
  return code;
}

}  // namespace

int run_program(const char* name, const std::function<int()>& body) {
  try {
    const int code = body();
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      return report(name, "standard output could not be written", 1);
    }
    return code;
  } catch (const DataError& error) {
    return report(name, error.what(), 3);
  } catch (const DeviceError& error) {
    return report(name, error.what(), 4);
  } catch (const std::bad_alloc&) {
    return report(name, "there is not enough memory", 1);
  } catch (const std::exception& error) {
    return report(name, error.what(), 1);
  }
}

const std::atomic<bool>& stop_on_signals() {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, on_signal);
  return stop_flag;
}

int signal_exit_code() {
  const int signal = received.load();
  return signal == 0 ? 0 : 128 + signal;
}

}  // namespace ravine
