#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ravine/core/json.h>
#include <ravine/layers/activation.h>
#include <ravine/layers/compile_spec.h>
#include <ravine/layers/conv2d.h>
#include <ravine/layers/layer.h>

namespace ravine::detail {

inline constexpr std::int64_t max_extent = std::numeric_limits<std::int32_t>::max();
inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// The options of one Keras object. Each is asked for by its key; `finish` refuses the others.
class Config {
 public:
  /// `owner` names the object's class in errors.
  Config(JsonView view, std::string owner) : view_(std::move(view)), owner_(std::move(owner)) {}

  const JsonView& view() const { return view_; }
  const std::string& owner() const { return owner_; }

  /// The option, empty when it is absent or null.
  std::optional<JsonView> take(std::string_view key);
  /// The option, which must be there.
  JsonView require(std::string_view key);
  bool boolean(std::string_view key, bool otherwise);
  double number(std::string_view key, double otherwise, double min, double max);
  /// An option with one supported value beside null; `why` completes the refusal of others.
  void only(std::string_view key, const Json& value, std::string_view why);
  void only_null(std::string_view key, std::string_view why) { only(key, nullptr, why); }
  /// Accepts an option whose value changes nothing here.
  void ignore(std::string_view key) { taken_.push_back(key); }
  /// Throws  DataError at the first option that nobody asked for, unless it is null.
  void finish() const;

 private:
  JsonView view_;
  std::string owner_;
  std::vector<std::string_view> taken_;
};

/// The class of a Keras object. Throws  DataError when that stands for code.
std::string class_of(const JsonView& object);
/// {"module", "class_name", "config", "registered_name"}, as Keras 3 writes every object.
Json keras_object(const char* module, std::string_view class_name, Json config);
/// The double with the fewest digits that is the same float: 0.009999999776482582 → 0.01.
double shortest(float value);
/// "Dense, Dropout, …" from the names of a table.
template <class Table>
std::string listed(const Table& table) {
  std::string text;
  for (const auto& entry : table) text += (text.empty() ? "" : ", ") + std::string(entry.name);
  return text;
}

/// A number in [min, max] that fits a float, and such a one above 0.
double read_number(const JsonView& view, double min = -infinity, double max = infinity);
double read_positive(const JsonView& view);

/// Takes `dtype`, a name or a policy, and refuses all but float32.
void take_dtype(Config& config);
/// Takes `data_format` and refuses all but channels_last.
void take_data_format(Config& config);
/// Takes `axis` and refuses all but the last of `rank` axes.
void take_last_axis(Config& config, int rank);

/// A number, or two for height and width.
Extent2 read_extent(const JsonView& view);
Json write_extent(Extent2 extent);
Padding read_padding(const JsonView& view);

/// `input` is the shape that the activation stands behind, with the batch.
Activation read_activation(const JsonView& view, const Shape& input);
Json write_activation(const Activation& activation);
Initializer read_initializer(const JsonView& view);
Json write_initializer(const Initializer& initializer);

/// Where a layer stands in its model.
struct LayerPlace {
  Shape input;            // with the batch
  bool trainable = true;  // of the model; a layer can only say less
};
/// The layer that a Keras object describes.
Layer read_layer(const JsonView& object, const LayerPlace& place);
/// Throws  Error when Keras has no such layer.
Json write_layer(const Layer& layer, const std::string& name);

/// The layer objects of a Sequential or functional model from input to output.
std::vector<JsonView> layer_chain(const JsonView& model);

/// Adds to `notes` what is not done as it is written.
OptimizerConfig read_optimizer(const JsonView& view, std::vector<std::string>& notes);
/// Throws  DataError when there is none of this name.
Json write_optimizer(const OptimizerConfig& optimizer);

/// `output` is the name of the model's last layer. Adds to `notes` what is not done as it is
/// written.
CompileSpec read_compile(const JsonView& view, const std::string& output,
                         std::vector<std::string>& notes);
Json write_compile(const CompileSpec& compile);

}  // namespace ravine::detail
