#include "cmd/shell/progress.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/strings.h"
#include "core/base/visible.h"
#include "core/text/json.h"

namespace mlctl {

namespace {
constexpr double kFrame = 0.1;   // seconds between redraws of the bar
constexpr double kLogLine = 10;  // seconds between lines where there is no terminal
constexpr int kBarWidth = 24;
}  // namespace

Progress::Progress(Context& context, std::string label, std::string unit, uint64_t total)
    : context_(context),
      label_(std::move(label)),
      unit_(std::move(unit)),
      total_(total),
      started_(context.clock.monotonic()),
      drawn_(started_) {}

Progress::~Progress() {
  if (bar_up_) context_.io.clear_line();
}

void Progress::advance(uint64_t by) {
  done_ += by;
  draw(false);
}

void Progress::set(uint64_t done, std::string note) {
  done_ = done;
  note_ = std::move(note);
  draw(false);
}

void Progress::print_above(const std::string& line) {
  if (bar_up_) context_.io.clear_line();
  context_.io.note(line);
  if (bar_up_) draw(true);
}

std::string Progress::numbers() const {
  const bool bytes = unit_ == "B";
  const auto amount = [&](uint64_t n) { return bytes ? human_bytes(n) : human_count(n); };
  const double seconds = std::max(1e-3, context_.clock.monotonic() - started_);
  const double rate = static_cast<double>(done_) / seconds;
  std::string text = total_ > 0 ? fmt::format("{}/{}", amount(done_), amount(total_)) : amount(done_);
  if (!bytes) text += " " + unit_;
  text += bytes ? fmt::format(" {}/s", human_bytes(static_cast<uint64_t>(rate)))
                : fmt::format(" {}/s", human_count(static_cast<uint64_t>(rate)));
  if (total_ > done_ && rate > 0)
    text += " ETA " + human_duration(static_cast<double>(total_ - done_) / rate);
  return note_.empty() ? text : text + "  " + note_;
}

void Progress::draw(bool now) {
  Io& io = context_.io;
  if (io.progress == ProgressMode::none) return;
  const double time = context_.clock.monotonic();
  const uint64_t tenth = total_ > 0 ? done_ * 10 / total_ : 0;
  const bool bar = io.progress == ProgressMode::automatic && io.err_is_tty;
  const bool due = now || (bar ? time - drawn_ >= kFrame
                               : time - drawn_ >= kLogLine || (tenth > drawn_tenth_ && time - drawn_ >= 1));
  if (!due) return;
  drawn_ = time;
  drawn_tenth_ = tenth;
  if (io.progress == ProgressMode::json) {
    const nlohmann::ordered_json line = {{"kind", "Progress"}, {"label", label_}, {"done", done_},
                                         {"total", total_},    {"unit", unit_},   {"note", note_}};
    io.err_json(dump_json(line));
  } else if (bar) {
    const int full =
        total_ > 0 ? static_cast<int>(std::min<uint64_t>(kBarWidth, done_ * kBarWidth / total_)) : 0;
    const std::string line =
        visible(fmt::format("{} [{}{}] {}", label_, std::string(static_cast<size_t>(full), '='),
                            std::string(static_cast<size_t>(kBarWidth - full), ' '), numbers()));
    io.clear_line();
    io.err(at_most(line, static_cast<size_t>(std::max(20, io.width - 1))));
    bar_up_ = true;
  } else {
    io.err(visible(fmt::format("{}: {}", label_, numbers())) + "\n");
  }
}

}  // namespace mlctl
