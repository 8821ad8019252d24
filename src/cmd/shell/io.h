#pragma once
// The terminal, or its stand-in in tests. stdout carries the result; err() carries messages for people.
// Output may hold names that others chose, so everything printed has its control characters escaped; except
// by out_bytes(), which is for payload and for documents with escaping rules of their own. What goes to
// stderr is also freed of the secrets in URLs.

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
  // Takes some of the bytes and says how many, or -1 with errno: write(2) to stdout, or a test's stand-in.
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
  void clear_line();                       // clears a progress bar on the terminal

  void flush();
  // Whether the whole result could be written so far. 12 when not; Exit::ok, as an error, when its reader
  // has gone (`| head`): that is no failure, but ends the work.
  Result<> written() const;
  Result<> close();  // flushes; some file systems report only now that they are full
  bool broken() const { return error_ != 0; }

  bool out_is_tty = false, err_is_tty = false, in_is_tty = false, colour = false;
  int width = 80;
  // What to call a line of the result, in the error that says how many were written.
  std::string_view unit = "line";
  Verbosity verbosity = Verbosity::normal;
  ProgressMode progress = ProgressMode::automatic;

  // Text in an SGR style ("1" bold, "31" red, …) when colour is on.
  std::string styled(std::string_view text, std::string_view sgr) const;
  // Marks the escape sequences of a text to be printed as they are: only for text that is entirely ours.
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
  std::string mark_;        // stands for ESC in our own texts; random, so that foreign text can't hold it
  bool has_input_ = false;  // in_buffer_ is all of stdin
  std::string in_buffer_;
};

}  // namespace mlctl
