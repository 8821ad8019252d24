#include "core/data/cells.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <re2/re2.h>

#include "core/base/strings.h"

namespace mlctl {

namespace {

bool equal_ignoring_case(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() && std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + 32) : x) == y;
         });
}

template <size_t N>
bool one_of(std::string_view cell, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return equal_ignoring_case(cell, word); });
}

// Takes exactly `digits` digits off the front.
std::optional<int> take_digits(std::string_view& text, size_t digits) {
  int value = 0;
  if (text.size() < digits) return std::nullopt;
  const auto [end, status] = std::from_chars(text.data(), text.data() + digits, value);
  if (status != std::errc{} || end != text.data() + digits || text[0] == '-') return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char character) {
  if (!text.starts_with(character)) return false;
  text.remove_prefix(1);
  return true;
}

// "Z", "+02:00", "-0530" or nothing: seconds to subtract.
std::optional<double> zone_offset(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return 0;
  const double sign = text[0] == '-' ? -1 : 1;
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const auto hours = take_digits(text, 2);
  take(text, ':');
  const auto minutes = text.empty() ? std::optional<int>(0) : take_digits(text, 2);
  if (!hours || !minutes || !text.empty() || *hours > 14 || *minutes > 59) return std::nullopt;
  return sign * (*hours * 3600 + *minutes * 60);
}

// "12:30[:15[.25]]" and a zone: seconds since midnight UTC.
std::optional<double> time_of_day(std::string_view text) {
  const auto hours = take_digits(text, 2);
  if (!hours || !take(text, ':')) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  double seconds = 0;
  if (take(text, ':')) {
    const auto whole = take_digits(text, 2);
    if (!whole) return std::nullopt;
    seconds = *whole;
    if (take(text, '.')) {
      const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
      const auto fraction = digits == 0 ? tl::unexpected<Error>(Error{})
                                        : parse_double("0." + std::string(text.substr(0, digits)));
      if (!fraction) return std::nullopt;
      seconds += *fraction;
      text.remove_prefix(digits);
    }
  }
  const auto zone = zone_offset(text);
  if (!minutes || !zone || *hours > 24 || *minutes > 59 || seconds >= 61) return std::nullopt;
  return *hours * 3600 + *minutes * 60 + seconds - *zone;
}

using Day = std::chrono::year_month_day;

Day day_of(int year, int month, int day) {
  return {std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
          std::chrono::day{static_cast<unsigned>(day)}};
}

bool is_year_first(std::string_view cell) {
  const size_t digits = cell.find_first_not_of("0123456789");
  return digits == 4 && (cell[4] == '-' || cell[4] == '/');
}

// "2026-01-31" off the front.
std::optional<Day> take_year_first(std::string_view& cell) {
  const auto year = take_digits(cell, 4);
  const char separator = cell[0];
  if (!year || !take(cell, separator)) return std::nullopt;
  const auto month = take_digits(cell, 2);
  if (!month || !take(cell, separator)) return std::nullopt;
  const auto day = take_digits(cell, 2);
  if (!day) return std::nullopt;
  return day_of(*year, *month, *day);
}

// One or two digits and a separator.
std::optional<int> take_part(std::string_view& cell, char separator) {
  const size_t digits = std::min<size_t>(cell.find(separator), 3);
  if (digits == 0 || digits > 2) return std::nullopt;
  const auto part = take_digits(cell, digits);
  if (!part || !take(cell, separator)) return std::nullopt;
  return part;
}

// "31/1/2026", "31.01.2026" or "1/31/2026" off the front.
std::optional<Day> take_year_last(std::string_view& cell, CellForm order) {
  const size_t at = cell.find_first_of("/.-");
  if (at == std::string_view::npos) return std::nullopt;
  const char separator = cell[at];
  const auto first = take_part(cell, separator), second = take_part(cell, separator);
  const auto year = take_digits(cell, 4);
  if (!first || !second || !year) return std::nullopt;
  return order == CellForm::day_first ? day_of(*year, *second, *first) : day_of(*year, *first, *second);
}

}  // namespace

bool is_missing(std::string_view cell) {
  static constexpr std::array<std::string_view, 10> kWords = {"",    "na",  "n/a", "null", "none",
                                                              "nan", "nil", "?",   "-",    "#n/a"};
  return cell.size() <= 4 && one_of(cell, kWords);
}

std::optional<bool> parse_boolean(std::string_view cell) {
  static constexpr std::array<std::string_view, 5> kTrue = {"true", "yes", "t", "y", "1"};
  static constexpr std::array<std::string_view, 5> kFalse = {"false", "no", "f", "n", "0"};
  if (one_of(cell, kTrue)) return true;
  if (one_of(cell, kFalse)) return false;
  return std::nullopt;
}

std::optional<double> parse_date(std::string_view cell, CellForm order) {
  const auto day = is_year_first(cell)        ? take_year_first(cell)
                   : order == CellForm::plain ? std::nullopt
                                              : take_year_last(cell, order);
  if (!day || !day->ok()) return std::nullopt;
  const double midnight =
      86400.0 * static_cast<double>(std::chrono::sys_days{*day}.time_since_epoch().count());
  if (cell.empty()) return midnight;
  if (!take(cell, ' ') && !take(cell, 'T')) return std::nullopt;
  const auto time = time_of_day(cell);
  if (!time) return std::nullopt;
  return midnight + *time;
}

std::optional<std::string> without_decimal_comma(std::string_view cell) {
  static const re2::RE2 kForm(R"(([-+]?(?:\d+|\d{1,3}(?:\.\d{3})+)),(\d+))");
  std::string whole, fraction;
  if (!re2::RE2::FullMatch(cell, kForm, &whole, &fraction)) return std::nullopt;
  std::erase(whole, '.');
  return whole + "." + fraction;
}

std::string date_text(double seconds) {
  using namespace std::chrono;
  // Years -9999 to 9999: beyond these, and where there is no number, no calendar is meant.
  constexpr double kFarthest = 3.15e11;
  const double whole = std::isnan(seconds) ? 0 : std::clamp(std::floor(seconds), -kFarthest, kFarthest);
  const sys_seconds at{std::chrono::seconds(static_cast<int64_t>(whole))};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const std::string text =
      fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()));
  const auto rest = (at - day).count();
  return rest == 0 ? text : fmt::format("{}T{:02}:{:02}:{:02}", text, rest / 3600, rest / 60 % 60, rest % 60);
}

std::string_view canonical_id(std::string_view cell) {
  const size_t point = cell.find('.');
  if (point == std::string_view::npos || point + 1 == cell.size()) return cell;
  const std::string_view sign_free =
      cell.substr(cell.starts_with('-') ? 1 : 0, point - cell.starts_with('-'));
  const bool whole =
      !sign_free.empty() && sign_free.find_first_not_of("0123456789") == std::string_view::npos;
  const bool zeros = cell.find_first_not_of('0', point + 1) == std::string_view::npos;
  return whole && zeros ? cell.substr(0, point) : cell;
}

std::optional<double> cell_number(ColumnType type, std::string_view cell, CellForm form) {
  if (is_missing(cell)) return std::numeric_limits<double>::quiet_NaN();
  switch (type) {
    case ColumnType::number:
    case ColumnType::integer: {
      const auto plain = form == CellForm::decimal_comma ? without_decimal_comma(cell) : std::nullopt;
      const Result<double> value = parse_double(plain ? *plain : cell);
      return value ? std::optional(*value) : std::nullopt;
    }
    case ColumnType::boolean: {
      const auto value = parse_boolean(cell);
      return value ? std::optional(*value ? 1.0 : 0.0) : std::nullopt;
    }
    case ColumnType::date:
      return parse_date(cell, form);
    default:
      return std::nullopt;
  }
}

}  // namespace mlctl
