#include "core/monitor/prometheus.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/strings.h"

namespace mlctl::monitor {

namespace {

bool is_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
  };
  return !text.empty() && letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::optional<double> number(std::string_view text) {
  if (text == "NaN") return std::nan("");
  if (text == "+Inf" || text == "Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  const Result<double> value = parse_double(text.starts_with('+') ? text.substr(1) : text);
  return value ? std::optional(*value) : std::nullopt;
}

class Parser {
 public:
  explicit Parser(std::string where) : where_(std::move(where)) {}

  Result<std::vector<MetricSample>> parse(std::string_view text) {
    if (!text.empty() && text.back() != '\n') return broken("the last line does not end");
    while (!text.empty()) {
      ++line_;
      const size_t end = text.find('\n');
      const std::string_view line = text.substr(0, end);
      text.remove_prefix(end + 1);
      if (line.empty()) continue;
      TRY(line.starts_with('#') ? comment(line) : sample(line));
    }
    TRY(check_histograms());
    return std::move(samples_);
  }

 private:
  tl::unexpected<Error> broken(const std::string& what) const {
    return fail(Exit::data, what, {}, fmt::format("{}:{}", where_, line_));
  }

  Result<> comment(std::string_view line) {
    const std::vector<std::string> words = split(line, ' ');
    if (words.size() < 3 || words[0] != "#" || (words[1] != "TYPE" && words[1] != "HELP")) return {};
    const std::string& name = words[2];
    if (!is_name(name)) return broken("malformed metric name");
    if (name != family_) {
      if (!seen_.insert(name).second) return broken(name + " is not in one group");
      family_ = name;
      samples_in_family_ = false;
    }
    if (words[1] == "HELP") {
      if (!helped_.insert(name).second) return broken("two HELP lines for " + name);
      return {};
    }
    const std::set<std::string> known = {"counter", "gauge", "histogram", "summary", "untyped"};
    if (words.size() != 4 || !known.contains(words[3])) return broken("malformed TYPE line");
    if (samples_in_family_) return broken("TYPE after a sample of " + name);
    if (!types_.emplace(name, words[3]).second) return broken("two TYPE lines for " + name);
    return {};
  }

  bool belongs(const std::string& name) const {
    if (name == family_) return true;
    const auto type = types_.find(family_);
    if (type == types_.end() || (type->second != "histogram" && type->second != "summary")) return false;
    return name == family_ + "_sum" || name == family_ + "_count" || name == family_ + "_bucket";
  }

  Result<> sample(std::string_view line) {
    const size_t name_end = std::min(line.find_first_of("{ "), line.size());
    MetricSample sample{std::string(line.substr(0, name_end)), {}, 0};
    if (!is_name(sample.name)) return broken("malformed metric name");
    if (!belongs(sample.name)) {
      if (!seen_.insert(sample.name).second) return broken(sample.name + " is not in one group");
      family_ = sample.name;
    }
    samples_in_family_ = true;
    line.remove_prefix(name_end);
    if (line.starts_with('{')) TRY(labels(line, sample));
    const std::vector<std::string> words = split(trim(line), ' ');
    const std::optional<double> value = number(words.front());
    if (!value || words.size() > 2 || !line.starts_with(' ')) return broken("malformed value");
    if (words.size() == 2 && !parse_int(words[1])) return broken("malformed timestamp");
    sample.value = *value;
    std::string key = sample.name;
    for (const auto& [label, text] : sample.labels) key += '\0' + label + '\0' + text;
    if (!series_.insert(key).second) return broken("the series " + sample.name + " occurs twice");
    samples_.push_back(std::move(sample));
    if (samples_.size() > limits::kPrometheusSamples)
      return broken(fmt::format("more than {} samples", limits::kPrometheusSamples));
    return {};
  }

  Result<> labels(std::string_view& line, MetricSample& sample) {
    line.remove_prefix(1);
    while (!line.starts_with('}')) {
      const size_t equals = line.find("=\"");
      if (equals == std::string_view::npos || !is_name(line.substr(0, equals)))
        return broken("malformed label");
      std::string name(line.substr(0, equals)), value;
      line.remove_prefix(equals + 2);
      TRY(label_value(line, value));
      if (!sample.labels.emplace(std::move(name), std::move(value)).second)
        return broken("a label occurs twice");
      if (line.starts_with(',')) {
        line.remove_prefix(1);
      } else if (!line.starts_with('}')) {
        return broken("malformed labels");
      }
    }
    line.remove_prefix(1);
    return {};
  }

  Result<> label_value(std::string_view& line, std::string& value) {
    size_t at = 0;
    for (; at < line.size() && line[at] != '"'; ++at) {
      if (line[at] != '\\') {
        value += line[at];
        continue;
      }
      ++at;
      const char c = at < line.size() ? line[at] : '\0';
      if (c != '\\' && c != '"' && c != 'n') return broken("unknown escape in a label");
      value += c == 'n' ? '\n' : c;
    }
    if (at >= line.size()) return broken("a label does not end");
    line.remove_prefix(at + 1);
    return {};
  }

  // Per series: rising bounds and counts, +Inf there and equal to _count.
  Result<> check_histograms() const {
    for (const auto& [name, type] : types_) {
      if (type != "histogram") continue;
      std::map<std::map<std::string, std::string>, std::pair<double, double>> last;  // bound, count
      std::map<std::map<std::string, std::string>, double> counts;
      for (const MetricSample& sample : samples_) {
        if (sample.name == name + "_count") counts[sample.labels] = sample.value;
        if (sample.name != name + "_bucket") continue;
        std::map<std::string, std::string> rest = sample.labels;
        const auto le = rest.extract("le");
        const std::optional<double> bound = le ? number(le.mapped()) : std::nullopt;
        if (!bound || std::isnan(*bound)) return broken(name + " has a bucket without le");
        const auto [entry, fresh] = last.try_emplace(rest, *bound, sample.value);
        if (!fresh && (*bound <= entry->second.first || sample.value < entry->second.second)) {
          return broken(name + " has buckets that do not rise");
        }
        entry->second = {*bound, sample.value};
      }
      for (const auto& [labels, end] : last) {
        const auto count = counts.find(labels);
        if (!std::isinf(end.first) || count == counts.end() || count->second != end.second) {
          return broken(name + " has no +Inf bucket equal to its count");
        }
      }
    }
    return {};
  }

  std::string where_, family_;
  size_t line_ = 0;
  bool samples_in_family_ = false;
  std::set<std::string> seen_, helped_, series_;
  std::map<std::string, std::string> types_;
  std::vector<MetricSample> samples_;
};

}  // namespace

Result<std::vector<MetricSample>> parse_metrics(std::string_view text, const std::string& where) {
  return Parser(where).parse(text);
}

double sum_of(const std::vector<MetricSample>& samples, std::string_view name,
              const std::map<std::string, std::string>& labels) {
  double sum = 0;
  bool found = false;
  for (const MetricSample& sample : samples) {
    const bool fits =
        sample.name == name && std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
          const auto own = sample.labels.find(label.first);
          return own != sample.labels.end() && own->second == label.second;
        });
    if (!fits) continue;
    found = true;
    sum += sample.value;
  }
  return found ? sum : std::nan("");
}

Histogram histogram_of(const std::vector<MetricSample>& samples, const std::string& name) {
  std::map<double, double> buckets;
  for (const MetricSample& sample : samples) {
    const auto le = sample.labels.find("le");
    if (sample.name != name + "_bucket" || le == sample.labels.end()) continue;
    const std::optional<double> bound = number(le->second);
    if (bound && !std::isnan(*bound)) buckets[*bound] += sample.value;
  }
  Histogram histogram;
  for (const auto& [bound, count] : buckets) {
    histogram.bounds.push_back(bound);
    histogram.counts.push_back(count);
  }
  const double sum = sum_of(samples, name + "_sum");
  histogram.sum = std::isnan(sum) ? 0 : sum;
  return histogram;
}

Histogram operator-(const Histogram& later, const Histogram& earlier) {
  if (earlier.bounds != later.bounds) return later;  // a restart with another layout
  Histogram difference = later;
  difference.sum -= earlier.sum;
  for (size_t at = 0; at < later.counts.size(); ++at) difference.counts[at] -= earlier.counts[at];
  return difference;
}

double quantile(const Histogram& histogram, double q) {
  if (histogram.counts.size() < 2 || histogram.counts.size() != histogram.bounds.size()) return std::nan("");
  if (!(histogram.counts.back() > 0)) return std::nan("");
  const double rank = q * histogram.counts.back();
  const auto found = std::lower_bound(histogram.counts.begin(), histogram.counts.end(), rank);
  const auto bin = static_cast<size_t>(found - histogram.counts.begin());
  if (bin + 1 >= histogram.bounds.size()) return histogram.bounds[histogram.bounds.size() - 2];
  const double low = bin == 0 ? 0 : histogram.bounds[bin - 1],
               before = bin == 0 ? 0 : histogram.counts[bin - 1];
  const double within = histogram.counts[bin] - before;
  return within <= 0 ? low : low + (histogram.bounds[bin] - low) * (rank - before) / within;
}

}  // namespace mlctl::monitor
