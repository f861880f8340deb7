#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ravine::data {

/// The folders that may hold the data set `name`, in the order in which they are looked at.
///
/// With a folder of the caller's: that, and `name` in it. Else `name` in $RAVINE_DATA_DIR and that
/// folder itself, the same for $XDG_DATA_HOME/ravine, and /usr/share/datasets/`name`.
std::vector<std::filesystem::path> data_folders(std::string_view name,
                                                const std::filesystem::path& folder);

/// The first of `names` that is in the folder.
std::optional<std::filesystem::path> find_file(const std::filesystem::path& folder,
                                               const std::vector<std::string>& names);

/// Throws the IoError that lists the folders, with what each lacks, and `how_to_get` the data.
[[noreturn]] void fail_not_found(std::string_view name, std::string_view file,
                                 const std::vector<std::filesystem::path>& folders,
                                 std::string_view how_to_get);

}  // namespace ravine::data
