#include "core/data/dataset.h"
#include "core/text/json_fields.h"

namespace mlctl {

using Json = nlohmann::ordered_json;

Json to_json(const FeatureStats& feature) {
  Json json = {{"name", feature.name}, {"count", feature.count}, {"missing", feature.missing}};
  if (!feature.categorical) {
    json.update({{"mean", feature.mean},
                 {"stddev", feature.stddev},
                 {"min", feature.min},
                 {"max", feature.max},
                 {"edges", feature.edges},
                 {"bins", feature.bins}});
    return json;
  }
  // A list of pairs, not an object: the values are in an order of their own.
  Json values = Json::array();
  for (const auto& [value, count] : feature.values) values.push_back(Json::array({value, count}));
  json["values"] = std::move(values);
  return json;
}

Result<FeatureStats> feature_from_json(const Fields& fields) {
  FeatureStats feature;
  feature.name = fields.get<std::string>("name");
  feature.count = fields.get<int64_t>("count");
  feature.missing = fields.get<int64_t>("missing");
  feature.categorical = fields.has("values");
  if (feature.categorical) {
    using Value = std::pair<std::string, int64_t>;
    feature.values = TRY(fields.each("values", limits::kBins, [](const Fields& pair) -> Result<Value> {
      return Value{pair.element<std::string>(0), pair.element<int64_t>(1)};
    }));
    return feature;
  }
  feature.mean = fields.get<double>("mean");
  feature.stddev = fields.get<double>("stddev");
  feature.min = fields.get<double>("min");
  feature.max = fields.get<double>("max");
  feature.edges = fields.get<std::vector<double>>("edges");
  feature.bins = fields.get<std::vector<int64_t>>("bins");
  return feature;
}

}  // namespace mlctl
