#include "cmd/io.h"

#include <vector>

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace mlctl {

Io Io::standard() {
  Io io;
  io.in_is_tty = isatty(STDIN_FILENO) != 0;
  io.out_is_tty = isatty(STDOUT_FILENO) != 0;
  io.err_is_tty = isatty(STDERR_FILENO) != 0;
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) io.width = size.ws_col;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal != nullptr && std::strcmp(terminal, "dumb") == 0;
  io.colour = io.err_is_tty && io.out_is_tty && !dumb && (no_colour == nullptr || *no_colour == '\0');
  if (dumb) io.err_is_tty = false;
  return io;
}

Io Io::test(std::string& out, std::string& err, std::string in) {
  Io io;
  io.out_buffer_ = &out;
  io.err_buffer_ = &err;
  io.in_buffer_ = std::move(in);
  return io;
}

void Io::out(std::string_view text) {
  if (out_buffer_ != nullptr) {
    out_buffer_->append(text);
    return;
  }
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) broken_ = true;
}

void Io::out_line(std::string_view text) {
  out(text);
  out("\n");
}

void Io::err(std::string_view text) {
  if (err_buffer_ != nullptr) {
    err_buffer_->append(text);
    return;
  }
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void Io::note(std::string_view text) {
  if (verbosity != Verbosity::quiet) err(fmt::format("{}\n", text));
}

void Io::detail(std::string_view text) {
  if (verbosity == Verbosity::verbose) err(fmt::format("{}\n", text));
}

void Io::warn(std::string_view text) {
  err(fmt::format("{} {}\n", styled("warning:", "33"), text));
}

void Io::flush() {
  if (out_buffer_ == nullptr && std::fflush(stdout) != 0) broken_ = true;
}

std::string Io::styled(std::string_view text, std::string_view sgr) const {
  return colour ? fmt::format("\x1b[{}m{}\x1b[0m", sgr, text) : std::string(text);
}

Result<> Io::stream_input(const std::function<Result<>(std::string_view)>& take) {
  if (out_buffer_ != nullptr || in_read_) return take(in_buffer_);
  in_read_ = true;
  std::vector<char> piece(size_t{256} << 10);
  for (size_t got = 0; (got = std::fread(piece.data(), 1, piece.size(), stdin)) > 0;)
    TRY(take({piece.data(), got}));
  return {};
}

std::string Io::read_all_input() {
  if (out_buffer_ != nullptr || in_read_) return in_buffer_;
  in_read_ = true;
  char chunk[65536];
  for (size_t got = 0; (got = std::fread(chunk, 1, sizeof chunk, stdin)) > 0;) in_buffer_.append(chunk, got);
  return in_buffer_;
}

bool Io::read_line(std::string& line) {
  line.clear();
  if (out_buffer_ != nullptr) {
    if (in_buffer_.empty()) return false;
    const size_t end = in_buffer_.find('\n');
    line = in_buffer_.substr(0, end);
    in_buffer_.erase(0, end == std::string::npos ? end : end + 1);
    return true;
  }
  int c = 0;
  while ((c = std::getchar()) != EOF && c != '\n') line += static_cast<char>(c);
  return c != EOF || !line.empty();
}

}  // namespace mlctl
