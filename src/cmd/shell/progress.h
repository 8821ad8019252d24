#pragma once
// Progress of long work on stderr: a bar with rate and ETA on a terminal, a line per 10 s or 10 % elsewhere,
// NDJSON with --progress json.

#include <cstdint>
#include <string>

#include "cmd/shell/context.h"

namespace mlctl {

class Progress {
 public:
  // `unit`: "images", "rows", "B" (bytes are printed as sizes), … ; total 0 = unknown.
  Progress(Context& context, std::string label, std::string unit, uint64_t total);
  ~Progress();  // clears the bar
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(uint64_t by);
  void set(uint64_t done, std::string note = {});  // note: "loss 0.312" shown after the numbers
  void total(uint64_t total) { total_ = total; }
  void print_above(const std::string& line);  // a lasting message while the bar is up

 private:
  void draw(bool now);
  std::string numbers() const;

  Context& context_;
  std::string label_, unit_, note_;
  uint64_t total_ = 0, done_ = 0;
  double started_ = 0, drawn_ = 0;
  uint64_t drawn_tenth_ = 0;
  bool bar_up_ = false;
};

}  // namespace mlctl
