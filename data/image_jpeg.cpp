#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "image_internal.h"

// The first needs <cstdio>, and the numbers in the second depend on what the first defines.
// clang-format off
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

namespace ravine::data {
namespace {

// A progressive image of the largest size stays below; a file can ask for any number of passes.
constexpr long max_working_memory = 512L << 20;
constexpr int max_scans = 200;

// The library reports errors by a call that must not return, through C code that exceptions must
// not cross: the call jumps back to open() or read(), which return false then.
class Decoder {
 public:
  Decoder() {
    info_.err = jpeg_std_error(&errors_);
    info_.client_data = this;
    errors_.error_exit = [](j_common_ptr info) { self(info).leave_with_message(); };
    errors_.emit_message = [](j_common_ptr info, int level) {
      if (level < 0 && !is_harmless(info->err->msg_code)) self(info).leave_with_message();
    };
    errors_.output_message = [](j_common_ptr) {};
  }
  ~Decoder() { jpeg_destroy_decompress(&info_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Parses the header: size and channels are known afterwards.
  bool open(std::span<const std::byte> file) {
    if (setjmp(back_) != 0) return false;
    jpeg_create_decompress(&info_);
    info_.mem->max_memory_to_use = max_working_memory;
    progress_.progress_monitor = [](j_common_ptr info) {
      if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > max_scans) {
        self(info).leave("more passes than any encoder writes");
      }
    };
    info_.progress = &progress_;
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(file.data()), file.size());
    jpeg_read_header(&info_, TRUE);
    return true;
  }

  /// Decodes all rows to `pixels`, [height,width,channels].
  bool read(std::uint8_t* pixels) {
    if (setjmp(back_) != 0) return false;
    info_.out_color_space = channels() == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&info_);
    const std::size_t row_bytes =
        std::size_t{info_.output_width} * static_cast<std::size_t>(channels());
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row = pixels + info_.output_scanline * row_bytes;
      jpeg_read_scanlines(&info_, &row, 1);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  int height() const { return static_cast<int>(info_.image_height); }
  int width() const { return static_cast<int>(info_.image_width); }
  int components() const { return info_.num_components; }
  int channels() const { return components() == 1 ? 1 : 3; }
  const char* message() const { return message_; }

 private:
  static Decoder& self(j_common_ptr info) { return *static_cast<Decoder*>(info->client_data); }

  // After any other warning the library goes on with pixels of its own making.
  static bool is_harmless(int warning) {
    return warning == JWRN_EXTRANEOUS_DATA || warning == JWRN_ADOBE_XFORM ||
           warning == JWRN_JFIF_MAJOR || warning == JWRN_BOGUS_ICC;
  }

  [[noreturn]] void leave_with_message() {
    errors_.format_message(reinterpret_cast<j_common_ptr>(&info_), formatted_);
    leave(formatted_);
  }

  [[noreturn]] void leave(const char* message) {
    message_ = message;
    std::longjmp(back_, 1);
  }

  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf back_;
  char formatted_[JMSG_LENGTH_MAX]{};
  const char* message_ = "";
};

}  // namespace

Image decode_jpeg(const ImageFile& file) {
  const auto decoder = std::make_unique<Decoder>();
  if (!decoder->open(file.bytes)) file.fail("JPEG", decoder->message());
  file.check_sides("JPEG", decoder->height(), decoder->width());
  if (decoder->components() != 1 && decoder->components() != 3) {
    file.fail("JPEG",
              fmt::format("{} colour components; expected 1 (grey) or 3", decoder->components()));
  }
  Image image{decoder->height(), decoder->width(), decoder->channels(), {}};
  image.pixels.resize(static_cast<std::size_t>(image.height) *
                      static_cast<std::size_t>(image.width) *
                      static_cast<std::size_t>(image.channels));
  if (!decoder->read(image.pixels.data())) file.fail("JPEG", decoder->message());
  return image;
}

}  // namespace ravine::data
