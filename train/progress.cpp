#include <cmath>
#include <cstdio>
#include <string>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <ravine/train/progress.h>

namespace ravine {
namespace {

/// "loss 0.3521  accuracy 0.8734  val_loss …", of what is known.
std::string numbers(const Logs& logs) {
  std::string text = fmt::format("loss {:.4f}", logs.loss);
  if (!std::isnan(logs.accuracy)) text += fmt::format("  accuracy {:.4f}", logs.accuracy);
  if (!std::isnan(logs.validation_loss))
    text += fmt::format("  val_loss {:.4f}", logs.validation_loss);
  if (!std::isnan(logs.validation_accuracy)) {
    text += fmt::format("  val_accuracy {:.4f}", logs.validation_accuracy);
  }
  for (const auto& [name, value] : logs.metrics) text += fmt::format("  {} {:.4f}", name, value);
  return text;
}

std::string duration(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(seconds);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

ProgressBar::ProgressBar() : terminal_(isatty(STDERR_FILENO) == 1) {}

void ProgressBar::on_epoch_begin(Trainer&, const Logs&) {
  epoch_began_ = last_shown_ = Clock::now();
}

void ProgressBar::on_train_batch_end(Trainer&, const Logs& logs) {
  const auto since = Clock::now() - last_shown_;
  if (since < (terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(10))) return;
  last_shown_ = Clock::now();
  draw(logs);
  line_open_ = terminal_;
}

void ProgressBar::draw(const Logs& logs) const {
  const double seconds = std::chrono::duration<double>(Clock::now() - epoch_began_).count();
  const auto done = static_cast<double>(logs.batch + 1), all = static_cast<double>(logs.batches);
  const std::string head = fmt::format("epoch {}/{} ", logs.epoch + 1, logs.epochs);
  const std::string tail = fmt::format(" {}/{}  ETA {}  {}  {:.0f}/s", logs.batch + 1, logs.batches,
                                       duration(seconds / done * (all - done)), numbers(logs),
                                       static_cast<double>(logs.samples) / seconds);
  if (!terminal_) {
    fmt::print(stderr, "{}{}\n", head, tail.substr(1));
    return;
  }
  const std::size_t width = terminal_width(), used = head.size() + tail.size() + 3;
  std::string bar;
  if (width > used + 5) {
    const std::size_t cells = std::min<std::size_t>(30, width - used);
    const auto full = static_cast<std::size_t>(done / all * static_cast<double>(cells));
    bar = "[" + std::string(full, '#') + std::string(cells - full, '.') + "]";
  }
  // \r and "erase to the end of the line", so that a shorter line leaves nothing of a longer one.
  fmt::print(stderr, "\r{}\x1b[K", (head + bar + tail).substr(0, width - 1));
  std::fflush(stderr);
}

void ProgressBar::finish_line() {
  if (line_open_) fmt::print(stderr, "\n");
  line_open_ = false;
}

void ProgressBar::on_epoch_end(Trainer&, const Logs& logs) {
  const double seconds = std::chrono::duration<double>(Clock::now() - epoch_began_).count();
  fmt::print(stderr, "{}epoch {}/{}  {}  lr {:.3g}  {}  {:.0f}/s{}\n", terminal_ ? "\r" : "",
             logs.epoch + 1, logs.epochs, numbers(logs), logs.learning_rate, duration(seconds),
             static_cast<double>(logs.samples) / seconds, terminal_ ? "\x1b[K" : "");
  line_open_ = false;
}

void ProgressBar::on_train_end(Trainer&, const Logs&) {
  finish_line();
}

void ProgressBar::on_exception(Trainer&, const Logs&) noexcept {
  finish_line();
}

}  // namespace ravine
