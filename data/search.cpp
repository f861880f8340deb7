#include <algorithm>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>

#include <ravine/core/error.h>

#include "search_internal.h"

namespace ravine::data {
namespace {

using std::filesystem::path;

// As the XDG base directory specification has it: an empty variable counts as unset.
path from_environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? path() : path(value);
}

path user_data_folder() {
  if (const path home = from_environment("XDG_DATA_HOME"); !home.empty()) return home / "ravine";
  if (const path home = from_environment("HOME"); !home.empty())
    return home / ".local/share/ravine";
  return {};
}

}  // namespace

std::vector<path> data_folders(std::string_view name, const path& folder) {
  if (!folder.empty()) return {folder, folder / name};
  std::vector<path> folders;
  // The folder of the data set goes first: MNIST and Fashion-MNIST have files of the same names.
  for (const path& base : {from_environment("RAVINE_DATA_DIR"), user_data_folder()}) {
    if (!base.empty()) folders.insert(folders.end(), {base / name, base});
  }
  folders.push_back(path("/usr/share/datasets") / name);
  return folders;
}

std::optional<path> find_file(const path& folder, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    std::error_code error;
    if (std::filesystem::exists(folder / name, error)) return folder / name;
  }
  return {};
}

void fail_not_found(std::string_view name, std::string_view file, const std::vector<path>& folders,
                    std::string_view how_to_get) {
  std::string text = fmt::format("{} was not found. Looked for {} in", name, file);
  for (const path& folder : folders) {
    std::error_code error;
    const auto status = std::filesystem::status(folder, error);
    const char* state = "";
    if (!std::filesystem::exists(status)) {
      state = " (no such folder)";
    } else if (!std::filesystem::is_directory(status)) {
      state = " (not a folder)";
    }
    if (error && status.type() != std::filesystem::file_type::not_found) {
      text += fmt::format("\n  {} ({})", folder.string(), error.message());
    } else {
      text += fmt::format("\n  {}{}", folder.string(), state);
    }
  }
  throw IoError(fmt::format("{}\n{}", text, how_to_get));
}

}  // namespace ravine::data
