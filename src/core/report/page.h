#pragma once
// Reports are one HTML file each: no script, no network, light and dark, the same bytes for the same inputs.
// Everything here returns HTML; text given to it is escaped unless the name says html.

#include <string>
#include <string_view>
#include <vector>

namespace mlctl::report {

std::string escape(std::string_view text);  // also replaces bytes that are not UTF-8

enum class Tone { neutral, good, warning, bad };

// A number people look for first.
struct Tile {
  std::string label, value;
  std::string note{};  // small print below
  Tone tone = Tone::neutral;
};
std::string tiles(const std::vector<Tile>& tiles);

struct Cell {
  Cell(std::string t) : text(std::move(t)) {}
  Cell(const char* t) : text(t) {}
  Cell(std::string t, Tone its_tone) : text(std::move(t)), tone(its_tone) {}
  // A share in [0, 1] drawn as a bar beside the text.
  Cell(std::string t, double its_share) : text(std::move(t)), share(its_share) {}

  std::string text;
  Tone tone = Tone::neutral;
  double share = -1;
};
struct Grid {
  std::vector<std::string> header;
  std::vector<std::vector<Cell>> rows;
  size_t text_columns = 1;  // left-aligned; the ones after them are numbers
};
std::string table(const Grid& grid);

struct Picture {
  std::string media_type;  // "image/png"
  std::string bytes;
  std::string caption;
  std::string note{};
  Tone tone = Tone::neutral;
};
std::string gallery(const std::vector<Picture>& pictures);

std::string paragraph(std::string_view text);
std::string badge(std::string_view text, Tone tone);
std::string folded(std::string_view summary, std::string_view html);  // opened by a click
std::string columns(const std::vector<std::string>& html_blocks);     // side by side where there is room

// The document: a heading, then cards.
class Page {
 public:
  Page(std::string title, std::string subtitle) : title_(std::move(title)), subtitle_(std::move(subtitle)) {}
  void lead(std::string_view html) { lead_ += html; }  // above the first card: tiles, badges
  void section(std::string_view title, std::string_view note, std::string_view html);
  std::string html() const;

 private:
  std::string title_, subtitle_, lead_, sections_;
};

}  // namespace mlctl::report
