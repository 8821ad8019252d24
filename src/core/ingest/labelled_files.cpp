#include "core/ingest/labelled_files.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace mlctl {

namespace {

std::vector<std::string> parts_of(const std::string& name) {
  return split(name, '/');
}

bool is_number(std::string_view text) {
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') text = text.substr(1, text.size() - 2);
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Every file lies below a folder named after a split, and there are at least two of them.
bool comes_split(const std::vector<LabelledFile>& files, size_t skip, size_t least_parts) {
  std::set<int> seen;
  for (const LabelledFile& file : files) {
    const std::vector<std::string> parts = parts_of(file.name);
    const int own = parts.size() >= skip + least_parts ? split_of_name(parts[skip]) : -1;
    if (own < 0) return false;
    seen.insert(own);
  }
  return seen.size() > 1;
}

bool has_wrapper(const std::vector<LabelledFile>& files, size_t least_parts) {
  std::set<std::string> first;
  for (const LabelledFile& file : files) {
    const std::vector<std::string> parts = parts_of(file.name);
    if (parts.size() < least_parts) return false;
    first.insert(parts[0]);
    if (first.size() > 1) return false;
  }
  return first.size() == 1 && split_of_name(*first.begin()) < 0;
}

}  // namespace

std::string label_of_file_name(const std::string& name) {
  const std::string file = name.substr(name.rfind('/') + 1);
  const std::string stem = file.substr(0, file.rfind('.'));
  const size_t separator = stem.find_last_of("._- ");
  if (separator == std::string::npos || separator == 0) {
    // "cat12": the letters before the number.
    const size_t end = stem.find_last_not_of("0123456789");
    return end == std::string::npos ? stem : stem.substr(0, end + 1);
  }
  if (!is_number(stem.substr(separator + 1)) &&
      stem.find_first_of("0123456789", separator) == std::string::npos)
    return stem;
  const std::string label = stem.substr(0, separator);
  const size_t end = label.find_last_not_of("._- ");
  return end == std::string::npos ? stem : label.substr(0, end + 1);
}

Result<> label_files(std::vector<LabelledFile>& files, LabelBy by, bool strip_wrapper,
                     const std::string& where) {
  const size_t label_parts = by == LabelBy::dir ? 2 : 1;  // of the shortest name below a split's folder
  const size_t skip = strip_wrapper && has_wrapper(files, label_parts + 1) ? 1 : 0;
  const bool own = comes_split(files, skip, label_parts + 1);
  for (LabelledFile& file : files) {
    const std::vector<std::string> parts = parts_of(file.name);
    if (own) file.split = split_of_name(parts[skip]);
    if (by == LabelBy::filename) {
      file.label = label_of_file_name(file.name);
      continue;
    }
    const size_t at = skip + (own ? 1 : 0);
    if (parts.size() < at + 2) {
      return fail(
          Exit::data, fmt::format("{} lies in no folder that names its class", file.name),
          "put the files into a folder for each class, or use --label filename for names like cat.12.jpg",
          where);
    }
    file.label = parts[at];
  }
  // In JSON every byte that is not UTF-8 would become the same mark, so two classes could become one.
  for (const LabelledFile& file : files) {
    if (is_valid_utf8(file.label)) continue;
    return fail(Exit::data, fmt::format("the class of {} is not named in UTF-8", file.name),
                "rename it, in Latin-1 say with: convmv -f latin1 -t utf8 -r --notest FOLDER", where);
  }
  return {};
}

std::vector<std::string> class_order(std::vector<std::string> labels) {
  const bool numbers = std::all_of(labels.begin(), labels.end(),
                                   [](const std::string& label) { return parse_double(label).has_value(); });
  std::sort(labels.begin(), labels.end(), [&](const std::string& a, const std::string& b) {
    if (!numbers) return a < b;
    const double x = *parse_double(a), y = *parse_double(b);
    return x != y ? x < y : a < b;
  });
  return labels;
}

std::vector<std::string> labels_of(const std::vector<LabelledFile>& files) {
  std::set<std::string> labels;
  for (const LabelledFile& file : files) labels.insert(file.label);
  return class_order({labels.begin(), labels.end()});
}

void take_own_split(std::vector<LabelledFile>& files, SplitRule& rule) {
  std::set<int> own;
  for (const LabelledFile& file : files) own.insert(file.split);
  rule.source_is_split = own.size() > 1 || (own.size() == 1 && *own.begin() >= 0);
  rule.carve_validation = !own.contains(1);
  if (!rule.source_is_split) return;
  for (LabelledFile& file : files) file.split = std::max(0, file.split);
}

}  // namespace mlctl
