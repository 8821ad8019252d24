#include "core/ingest/rows.h"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/strings.h"
#include "core/text/json.h"

namespace mlctl {

using Json = nlohmann::ordered_json;

std::vector<std::string> object_keys(std::string_view lines) {
  std::vector<std::string> keys;
  std::unordered_set<std::string> seen;
  for (size_t at = 0; at < lines.size();) {
    const size_t end = std::min(lines.find('\n', at), lines.size());
    const Json object = json_or_discarded(lines.substr(at, end - at), kForeignRow);
    at = end + 1;
    if (!object.is_object()) continue;
    for (const auto& [key, value] : object.items()) {
      if (seen.insert(key).second) keys.push_back(key);
    }
  }
  return keys;
}

RowReader::RowReader(const TextFile& file, const std::vector<std::string>& header, const Block& block)
    : file_(&file), header_(&header), block_(&block), csv_(block.bytes, file.delimiter) {
  if (file.format == TextFormat::jsonl) {
    for (size_t i = 0; i < header.size(); ++i) places_.emplace(header[i], i);
    values_.resize(header.size());
  }
}

bool RowReader::next() {
  problem_.reset();
  return file_->format == TextFormat::csv ? next_csv() : next_json();
}

int64_t RowReader::line() const {
  return std::count(block_->bytes.begin(), block_->bytes.begin() + static_cast<ptrdiff_t>(begin_), '\n');
}

bool RowReader::next_csv() {
  if (!csv_.next(fields_)) return false;
  begin_ = csv_.begin();
  raw_ = std::string_view(block_->bytes).substr(begin_, csv_.end() - begin_);
  if (csv_.unclosed_quote()) {
    begin_ = csv_.quote();
    problem_ = RowProblem{kUnclosed, "a quote is opened here and never closed"};
  } else if (fields_.size() != header_->size()) {
    problem_ = RowProblem{"ragged", fmt::format("{} where the header has {}", plural(fields_.size(), "field"),
                                                header_->size())};
  } else {
    for (std::string_view& field : fields_) field = trim(field);
    if (!file_->label_names.empty()) {
      const Result<int64_t> index = parse_int(fields_.back());
      const auto known = static_cast<int64_t>(file_->label_names.size());
      if (index && *index >= 0 && *index < known)
        fields_.back() = file_->label_names[static_cast<size_t>(*index)];
    }
  }
  return true;
}

bool RowReader::next_json() {
  const std::string_view bytes = block_->bytes;
  for (;;) {
    if (at_ >= bytes.size()) return false;
    begin_ = at_;
    const size_t end = std::min(bytes.find('\n', at_), bytes.size());
    at_ = end + 1;
    raw_ = trim(bytes.substr(begin_, end - begin_));
    if (!raw_.empty()) break;
  }
  take_object(raw_);
  return true;
}

void RowReader::take_object(std::string_view line) {
  const Json object = json_or_discarded(line, kForeignRow);
  if (object.is_string() && !block_->names.empty()) {  // a text file that could not be read
    problem_ = RowProblem{"unreadable", object.get<std::string>()};
    return;
  }
  if (!object.is_object()) {
    problem_ = RowProblem{"malformed", object.is_discarded() ? "it is not JSON" : "it is not a JSON object"};
    return;
  }
  for (std::string& value : values_) value.clear();
  for (const auto& [key, value] : object.items()) {
    const auto place = places_.find(key);
    if (place == places_.end() || value.is_null()) continue;
    if (value.is_structured()) {
      problem_ = RowProblem{"nested", fmt::format("\"{}\" is not a single value", key)};
      return;
    }
    values_[place->second] = value.is_string() ? value.get<std::string>() : dump_json(value);
  }
  fields_.clear();
  for (const std::string& value : values_) fields_.push_back(trim(value));
}

}  // namespace mlctl
