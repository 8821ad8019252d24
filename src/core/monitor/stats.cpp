#include "core/monitor/stats.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/text/json.h"

namespace mlctl::monitor {

namespace {

using Json = nlohmann::ordered_json;

class Reader {
 public:
  explicit Reader(std::string where) : where_(std::move(where)) {}

  Result<> read(const Json& document, Look& look) {
    look.model = document.at("model").get<std::string>();
    look.revision = document.at("revision").get<std::string>();
    const Json features = TRY(list(document, "features", limits::kServedFeatures));
    for (const Json& feature : features) look.features.push_back(TRY(read_feature(feature)));
    return {};
  }

 private:
  tl::unexpected<Error> broken(const std::string& key, const std::string& what) const {
    return fail(Exit::network, fmt::format("\"{}\" is {}", key, what),
                "check that the URL is an mlctl endpoint's", where_);
  }

  Result<Json> list(const Json& map, const char* key, size_t most) const {
    const Json& found = map.at(key);
    if (!found.is_array()) return broken(key, "not a list");
    if (found.size() > most) return broken(key, fmt::format("a list of more than {}", most));
    return found;
  }

  Result<int64_t> count(const Json& value, const char* key) const {
    const bool whole = value.is_number_unsigned() || (value.is_number_integer() && value.get<int64_t>() >= 0);
    if (!whole || value.get<uint64_t>() > limits::kServedCount) return broken(key, "not a count");
    return value.get<int64_t>();
  }

  Result<std::vector<int64_t>> counts(const Json& map, const char* key) const {
    const Json values = TRY(list(map, key, limits::kServedBins));
    std::vector<int64_t> all;
    for (const Json& value : values) all.push_back(TRY(count(value, key)));
    return all;
  }

  Result<std::vector<double>> edges(const Json& map) const {
    std::vector<double> all;
    for (const Json& value : TRY(list(map, "edges", limits::kServedBins))) {
      if (!value.is_number() || !std::isfinite(value.get<double>())) return broken("edges", "not of numbers");
      all.push_back(value.get<double>());
    }
    if (!std::is_sorted(all.begin(), all.end())) return broken("edges", "not in order");
    return all;
  }

  Result<> read_values(const Json& reference, FeatureBins& bins) const {
    const Json pairs = TRY(list(reference, "values", limits::kServedBins));
    for (const Json& pair : pairs) {
      if (!pair.is_array() || pair.size() != 2) return broken("values", "not of pairs");
      bins.values.push_back(pair[0].get<std::string>());
      bins.reference.push_back(TRY(count(pair[1], "values")));
    }
    return {};
  }

  // Reference and current counts over the same bins: a categorical reference keeps its rare values under "",
  // or the endpoint counts them in one bin more.
  Result<FeatureBins> read_feature(const Json& feature) const {
    FeatureBins bins;
    bins.feature = feature.at("name").get<std::string>();
    bins.ordered = !feature.at("categorical").get<bool>();
    bins.current = TRY(counts(feature, "bins"));
    const Json& reference = feature.at("reference");
    if (bins.ordered) {
      bins.edges = TRY(edges(reference));
      bins.reference = TRY(counts(reference, "bins"));
    } else {
      TRY(read_values(reference, bins));
    }
    const size_t named = bins.ordered ? bins.edges.size() + 1 : bins.values.size();
    const size_t rest = bins.ordered ? 0 : 1;
    const bool fits = bins.current.size() >= std::max<size_t>(1, named) &&
                      bins.current.size() <= named + rest && bins.reference.size() <= bins.current.size();
    if (!fits) return broken("bins", fmt::format("of the wrong length for \"{}\"", bins.feature));
    bins.reference.resize(bins.current.size());
    bins.reference.push_back(TRY(count(reference.at("missing"), "missing")));
    bins.current.push_back(TRY(count(feature.at("missing"), "missing")));
    return bins;
  }

  std::string where_;
};

}  // namespace

Result<> read_stats(const Json& document, const std::string& where, Look& look) {
  return decode_json(where, Exit::network, [&] { return Reader(where).read(document, look); });
}

}  // namespace mlctl::monitor
