#pragma once
// The terminal, or what stands in for it in tests. stdout carries the result; err() people's messages.

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace mlctl {

enum class Verbosity { quiet, normal, verbose };
enum class ProgressMode { automatic, none, json };

class Io {
 public:
  static Io standard();  // real streams; tty, width and colour from the environment
  static Io test(std::string& out, std::string& err, std::string in = {});  // buffers, no tty

  void out(std::string_view text);  // the result, verbatim
  void out_line(std::string_view text);
  void note(std::string_view text);    // a message for people; silent under -q
  void detail(std::string_view text);  // only under -v
  void warn(std::string_view text);    // "warning: …", also under -q
  void err(std::string_view text);     // verbatim to stderr
  void flush();
  bool broken() const { return broken_; }  // stdout was closed by its reader

  bool out_is_tty = false, err_is_tty = false, in_is_tty = false, colour = false;
  int width = 80;
  Verbosity verbosity = Verbosity::normal;
  ProgressMode progress = ProgressMode::automatic;

  // Text in an SGR style ("1" bold, "31" red, …) when colour is on.
  std::string styled(std::string_view text, std::string_view sgr) const;
  Result<> stream_input(const std::function<Result<>(std::string_view)>& take);  // stdin, piece by piece
  std::string read_all_input();       // stdin to its end; the same again when asked again
  bool read_line(std::string& line);  // stdin; false at the end

 private:
  std::string* out_buffer_ = nullptr;
  std::string* err_buffer_ = nullptr;
  std::string in_buffer_;
  bool in_read_ = false;
  bool broken_ = false;
};

}  // namespace mlctl
