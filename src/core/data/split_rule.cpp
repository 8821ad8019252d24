#include "core/data/split_rule.h"

#include <cmath>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/random.h"
#include "core/base/strings.h"

namespace mlctl {

namespace {
constexpr double kCarved = 0.1;  // of train, where a source has no validation part
constexpr uint64_t kShardStream = 0x5348415244;

double uniform_of(std::string_view content, uint64_t seed) {
  return Random(hash64(content, seed)).uniform();
}
}  // namespace

Result<std::array<double, 3>> parse_split(const std::string& text) {
  std::array<double, 3> parts = {0, 0, 0};
  const std::vector<std::string> words = split(text, ',');
  const auto refuse = [&](const char* why) {
    return fail(Exit::usage, fmt::format("--split {}: {}", text, why),
                "shares of train, validation and test that sum to 1, as in --split 0.8,0.1,0.1");
  };
  if (words.size() > 3) return refuse("at most three shares");
  double sum = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    const Result<double> part = parse_double(trim(words[i]));
    if (!part || *part < 0) return refuse("a share is a number from 0 to 1");
    sum += parts[i] = *part;
  }
  if (std::abs(sum - 1) > 1e-6) return refuse("the shares do not sum to 1");
  if (parts[0] <= 0) return refuse("train is empty");
  return parts;
}

Result<std::pair<int64_t, int64_t>> parse_shard(const std::string& text) {
  const std::vector<std::string> words = split(text, '/');
  const Result<int64_t> index = parse_int(words[0]);
  const Result<int64_t> count = words.size() == 2 ? parse_int(words[1]) : fail(Error{});
  if (!index || !count || *index < 0 || *index >= *count) {
    return fail(Exit::usage, fmt::format("--shard {} is not i/n", text),
                "i counts from 0 and is below n, as in --shard 0/4");
  }
  return std::pair(*index, *count);
}

int choose_split(const SplitRule& rule, std::string_view content, int own) {
  const double at = uniform_of(content, rule.seed);
  if (rule.source_is_split && own >= 0) {
    return own == 0 && rule.carve_validation && at < kCarved ? 1 : own;
  }
  if (at < rule.parts[0]) return 0;
  return at < rule.parts[0] + rule.parts[1] || rule.parts[2] == 0 ? 1 : 2;
}

bool in_shard(const SplitRule& rule, std::string_view content) {
  if (rule.shards == 1) return true;
  return static_cast<int64_t>(hash64(content, kShardStream) % static_cast<uint64_t>(rule.shards)) ==
         rule.shard;
}

int split_of_name(std::string_view name) {
  static constexpr struct {
    std::string_view name;
    int split;
  } kNames[] = {{"train", 0}, {"training", 0}, {"val", 1},     {"valid", 1}, {"validation", 1},
                {"dev", 1},   {"test", 2},     {"testing", 2}, {"t10k", 2}};
  const std::string lower = to_lower(name);
  for (const auto& each : kNames) {
    if (lower == each.name) return each.split;
  }
  return -1;
}

int split_of_file_name(const std::string& name) {
  const std::string stem = name.substr(0, name.find('.'));
  if (const int whole = split_of_name(stem); whole >= 0) return whole;
  const size_t first = stem.find_first_of("-_ "), last = stem.find_last_of("-_ ");
  if (first == std::string::npos) return -1;
  const int before = split_of_name(stem.substr(0, first));
  return before >= 0 ? before : split_of_name(stem.substr(last + 1));
}

}  // namespace mlctl
