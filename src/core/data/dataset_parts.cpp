#include "core/data/dataset.h"

namespace mlctl {

using Json = nlohmann::ordered_json;

Json to_json(const FileEntry& file) {
  return {{"path", file.path}, {"size", file.size}, {"sha256", file.sha256}};
}

FileEntry file_from_json(const Json& json) {
  return {json.at("path").get<std::string>(), json.at("size").get<uint64_t>(),
          json.at("sha256").get<std::string>()};
}

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

FeatureStats feature_from_json(const Json& json) {
  FeatureStats feature;
  feature.name = json.at("name").get<std::string>();
  feature.count = json.at("count").get<int64_t>();
  feature.missing = json.at("missing").get<int64_t>();
  feature.categorical = json.contains("values");
  if (feature.categorical) {
    for (const Json& pair : json.at("values")) {
      feature.values.emplace_back(pair.at(0).get<std::string>(), pair.at(1).get<int64_t>());
    }
    return feature;
  }
  feature.mean = json.at("mean").get<double>();
  feature.stddev = json.at("stddev").get<double>();
  feature.min = json.at("min").get<double>();
  feature.max = json.at("max").get<double>();
  feature.edges = json.at("edges").get<std::vector<double>>();
  feature.bins = json.at("bins").get<std::vector<int64_t>>();
  return feature;
}

}  // namespace mlctl
