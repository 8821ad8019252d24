#include "cmd/shell/io.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <random>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/base/secrets.h"
#include "core/base/strings.h"
#include "core/base/visible.h"

namespace mlctl {

namespace {

constexpr size_t kPending = size_t{64} << 10;

// All of it, whatever the descriptor is: pipes of some shells and CI systems do not block.
int64_t write_all(int fd, std::string_view bytes) {
  int64_t done = 0;
  while (!bytes.empty()) {
    const ssize_t got = ::write(fd, bytes.data(), bytes.size());
    if (got < 0 && errno == EAGAIN) {
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, 1000);
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) return done > 0 ? done : -1;
    done += got;
    bytes.remove_prefix(static_cast<size_t>(got));
  }
  return done;
}

std::string random_mark() {
  std::random_device random;
  return fmt::format("\x1b<{:08x}{:08x}>", random(), random());
}

}  // namespace

Io Io::standard() {
  Io io;
  io.sink_ = [](std::string_view bytes) { return write_all(STDOUT_FILENO, bytes); };
  io.in_is_tty = isatty(STDIN_FILENO) != 0;
  io.out_is_tty = isatty(STDOUT_FILENO) != 0;
  io.err_is_tty = isatty(STDERR_FILENO) != 0;
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) io.width = size.ws_col;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal != nullptr && std::strcmp(terminal, "dumb") == 0;
  io.colour = io.err_is_tty && io.out_is_tty && !dumb && (no_colour == nullptr || *no_colour == '\0');
  if (io.out_is_tty || io.err_is_tty) io.mark_ = random_mark();
  if (dumb) io.err_is_tty = false;
  return io;
}

Io Io::test(std::string& out, std::string& err, std::string in) {
  Io io = test(
      [&out](std::string_view bytes) {
        out.append(bytes);
        return static_cast<int64_t>(bytes.size());
      },
      err);
  io.in_buffer_ = std::move(in);
  return io;
}

Io Io::test(Sink out, std::string& err) {
  Io io;
  io.sink_ = std::move(out);
  io.err_buffer_ = &err;
  io.has_input_ = true;
  io.mark_ = random_mark();
  return io;
}

std::string Io::shown(std::string_view text) const {
  std::string shown;
  for (size_t end = 0; end != std::string_view::npos; text.remove_prefix(end + mark_.size())) {
    end = mark_.empty() ? std::string_view::npos : text.find(mark_);
    shown += visible_lines(text.substr(0, end));
    if (end == std::string_view::npos) break;
    shown += '\x1b';
  }
  return shown;
}

void Io::out(std::string_view text) {
  out_bytes(shown(text));
}

void Io::out_line(std::string_view text) {
  out_bytes(visible(text) + '\n');
}

// Once a write has failed nothing more is tried: the result has a hole.
void Io::out_bytes(std::string_view bytes) {
  if (error_ != 0) return;
  pending_ += bytes;
  const bool at_once = err_buffer_ != nullptr || (out_is_tty && bytes.find('\n') != std::string_view::npos);
  if (at_once || pending_.size() >= kPending) flush();
}

void Io::flush() {
  std::string_view rest = pending_;
  while (!rest.empty() && error_ == 0) {
    const int64_t taken = sink_(rest);
    if (taken <= 0) {
      error_ = taken < 0 && errno != 0 ? errno : EIO;
      break;
    }
    const std::string_view written = rest.substr(0, static_cast<size_t>(taken));
    lines_ += static_cast<uint64_t>(std::count(written.begin(), written.end(), '\n'));
    rest.remove_prefix(written.size());
  }
  pending_.clear();
}

Result<> Io::written() const {
  if (error_ == 0) return {};
  if (error_ == EPIPE) return fail(Exit::ok, "the reader of the result has gone");
  const std::string before =
      lines_ == 0 ? "" : fmt::format("; {} {} written", plural(lines_, unit), lines_ == 1 ? "was" : "were");
  return fail(Exit::resource, fmt::format("cannot write the result: {}{}", std::strerror(error_), before),
              "make room where stdout goes, or send it elsewhere, and run the command again");
}

Result<> Io::close() {
  flush();
  if (error_ == 0 && err_buffer_ == nullptr && ::close(STDOUT_FILENO) != 0 && errno != EBADF &&
      errno != EINTR)
    error_ = errno;
  return written();
}

void Io::err(std::string_view text) {
  const std::string all = without_secrets(shown(text));
  if (err_buffer_ != nullptr)
    err_buffer_->append(all);
  else
    write_all(STDERR_FILENO, all);
}

void Io::err_json(std::string_view dumped) {
  err(visible_json(std::string(dumped)) + '\n');
}

void Io::clear_line() {
  if (err_buffer_ != nullptr)
    err_buffer_->append("\r\x1b[K");
  else
    write_all(STDERR_FILENO, "\r\x1b[K");
}

void Io::note(std::string_view text) {
  if (verbosity != Verbosity::quiet) err(visible(text) + '\n');
}

void Io::detail(std::string_view text) {
  if (verbosity == Verbosity::verbose) err(visible(text) + '\n');
}

void Io::warn(std::string_view text) {
  err(fmt::format("{} {}\n", styled("warning:", "33"), visible(text)));
}

std::string Io::styled(std::string_view text, std::string_view sgr) const {
  if (!colour) return visible(text);
  return ours(fmt::format("\x1b[{}m", sgr)) + visible(text) + ours("\x1b[0m");
}

std::string Io::ours(std::string_view text) const {
  std::string marked;
  for (const char c : text) {
    if (c == '\x1b')
      marked += mark_;
    else
      marked += c;
  }
  return marked;
}

Result<> Io::stream_input(const std::function<Result<>(std::string_view)>& take) {
  if (has_input_) return take(in_buffer_);
  has_input_ = true;
  std::vector<char> piece(size_t{256} << 10);
  for (size_t got = 0; (got = std::fread(piece.data(), 1, piece.size(), stdin)) > 0;)
    TRY(take({piece.data(), got}));
  if (std::ferror(stdin) != 0)
    return fail(Exit::failed, fmt::format("cannot read stdin: {}", std::strerror(errno)));
  return {};
}

Result<std::string> Io::read_all_input() {
  if (has_input_) return in_buffer_;
  TRY(stream_input([this](std::string_view bytes) -> Result<> {
    in_buffer_.append(bytes);
    return {};
  }));
  return in_buffer_;
}

bool Io::read_line(std::string& line) {
  line.clear();
  if (has_input_) {
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
