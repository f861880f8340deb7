#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <ravine/core/json.h>
#include <ravine/finder/sweep.h>

namespace ravine {

/// Whether a JSON document says that it is a saved sweep, of whatever version.
bool is_saved_sweep(const JsonView& document);

/// The sweep that to_json wrote, its suggestions made anew from its points.
///
/// Throws  DataError with the JSON pointer, what was found and what was expected.
Sweep sweep_from_json(const JsonView& document);

/// A curve with a header of column names, `lr` and `loss` or `smoothed` among them, in any order.
///
/// A `smoothed` column is taken as it is; without one the losses are smoothed as by default. Also
/// read: step, gradient_norm, update_ratio, finite. An empty cell, "nan" or "inf" is no finite
/// number. Rates rise from line to line. Throws  DataError with `source`, line and column.
Sweep sweep_from_csv(std::string_view text, const std::string& source);

/// Either of these, told apart by the first character, which is "{" in JSON.
///
/// Throws  as those, and IoError when the file cannot be read.
Sweep read_sweep(const std::filesystem::path& path);

}  // namespace ravine
