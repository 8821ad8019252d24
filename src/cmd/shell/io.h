#pragma once
// The terminal, or what stands in for it in tests. stdout carries the result; err() people's messages.
// Whatever is printed may hold names that others chose, so every way out escapes control characters; only
// out_bytes() does not, for payload and for documents that are escaped by rules of their own. What goes to
// stderr is also rid of the secrets that URLs hold.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace mlctl {

enum class Verbosity { quiet, normal, verbose };
enum class ProgressMode { automatic, none, json };

class Io {
 public:
  // Takes some of the bytes and says how many, or -1 with errno: write(2) of stdout, or a test's.
  using Sink = std::function<int64_t(std::string_view)>;

  static Io standard();  // real streams; tty, width and colour from the environment
  static Io test(std::string& out, std::string& err, std::string in = {});  // buffers, no tty
  static Io test(Sink out, std::string& err);

  void out(std::string_view text);         // the result, in lines
  void out_line(std::string_view text);    // one line of it: line ends within are escaped, too
  void out_bytes(std::string_view bytes);  // verbatim
  void note(std::string_view text);        // a message for people in one line; silent under -q
  void detail(std::string_view text);      // only under -v
  void warn(std::string_view text);        // "warning: …", also under -q
  void err(std::string_view text);         // to stderr, in lines
  void err_json(std::string_view dumped);  // a line for programs
  void clear_line();                       // of a bar on the terminal

  void flush();
  // Whether all of the result could be written so far: 12, or Exit::ok where its reader has gone (`| head`),
  // which is no failure but ends the work.
  Result<> written() const;
  Result<> close();  // flushes; some file systems tell only now that they are full
  bool broken() const { return error_ != 0; }

  bool out_is_tty = false, err_is_tty = false, in_is_tty = false, colour = false;
  int width = 80;
  std::string_view unit = "line";  // what a line of the result is, for the error that says how many there are
  Verbosity verbosity = Verbosity::normal;
  ProgressMode progress = ProgressMode::automatic;

  // Text in an SGR style ("1" bold, "31" red, …) when colour is on.
  std::string styled(std::string_view text, std::string_view sgr) const;
  // Lets the escape sequences of a text through that is ours to the last character.
  std::string ours(std::string_view text) const;
  Result<> stream_input(const std::function<Result<>(std::string_view)>& take);  // stdin, piece by piece
  Result<std::string> read_all_input();  // stdin to its end; the same again when asked again
  bool read_line(std::string& line);     // stdin; false at the end

 private:
  std::string shown(std::string_view text) const;

  Sink sink_;
  std::string* err_buffer_ = nullptr;
  std::string pending_;     // of the result, not yet written
  uint64_t lines_ = 0;      // written to their ends
  int error_ = 0;           // errno of the first write that failed
  std::string mark_;        // stands for ESC in texts of ours; random, so that no text of others holds it
  bool has_input_ = false;  // in_buffer_ is all of stdin
  std::string in_buffer_;
};

}  // namespace mlctl
