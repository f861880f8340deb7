#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/core/isa.h>

namespace ravine {
namespace {

Isa best_isa() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return Isa::avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi2")) {
    return Isa::avx2;
  }
#endif
  return Isa::generic;
}

Isa choose_isa() {
  const char* text = std::getenv("RAVINE_ISA");
  if (text == nullptr) return best_isa();
  for (const Isa choice : {Isa::generic, Isa::avx2, Isa::avx512}) {
    if (std::string_view(text) != to_string(choice)) continue;
    if (choice > best_isa()) {
      throw Error(
          fmt::format("RAVINE_ISA={}: this machine has only {}", text, to_string(best_isa())));
    }
    return choice;
  }
  throw Error(fmt::format("RAVINE_ISA='{}': expected generic, avx2 or avx512", text));
}

}  // namespace

Isa isa() {
  static const Isa chosen = choose_isa();
  return chosen;
}

const char* to_string(Isa isa) {
  switch (isa) {
    case Isa::generic:
      return "generic";
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      break;
  }
  return "avx512";
}

}  // namespace ravine
