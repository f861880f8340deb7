#include <charconv>

#include <fmt/format.h>

#include <ravine/core/device.h>
#include <ravine/core/device_backend.h>
#include <ravine/core/error.h>

namespace ravine {

Device Device::best() {
  return cuda_backend() != nullptr && cuda_backend()->device_count() > 0 ? cuda(0) : cpu();
}

Device Device::parse(std::string_view text) {
  if (text == "auto") return best();
  if (text == "cpu") return cpu();
  constexpr std::string_view prefix = "cuda";
  if (text.starts_with(prefix)) {
    int index = 0;
    std::string_view rest = text.substr(prefix.size());
    bool valid = rest.empty();
    if (rest.starts_with(':')) {
      rest.remove_prefix(1);
      const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), index);
      valid = code == std::errc() && end == rest.data() + rest.size() && index >= 0;
    }
    if (valid) {
      const Device device = cuda(index);
      backend_of(device);
      return device;
    }
  }
  throw Error(fmt::format("device '{}': expected auto, cpu, cuda or cuda:N", text));
}

std::string Device::str() const {
  switch (kind_) {
    case Kind::cpu:
      return "cpu";
    case Kind::dry:
      return "dry";
    case Kind::cuda:
      break;
  }
  return fmt::format("cuda:{}", index_);
}

}  // namespace ravine
