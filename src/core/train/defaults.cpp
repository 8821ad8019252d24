// The defaults of a training, chosen from the dataset's kind, size and shape.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/text/json.h"
#include "core/train/spec.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

void set_default(Json& object, const char* key, Json value) {
  if (!object.contains(key)) object[key] = std::move(value);
}

Json& section(Json& spec, const char* key) {
  if (!spec.contains(key) || !spec[key].is_object()) spec[key] = Json::object();
  return spec[key];
}

// ---- task --------------------------------------------------------------------------------------------

Result<Task> natural_task(const Dataset& dataset) {
  if (dataset.kind == DatasetKind::ratings) return Task::recommendation;
  if (dataset.classification()) return Task::classification;
  const Column* label = dataset.column(Role::label);
  if (dataset.kind == DatasetKind::table && label != nullptr) return Task::regression;
  return fail(Exit::data, "the dataset has no labels to learn",
              "ingest it again with --label dir, filename or column:NAME");
}

Result<Task> choose_task(const Json& spec, const Dataset& dataset) {
  const Task natural = TRY(natural_task(dataset));
  if (spec.contains("task")) {
    const Task wanted = TRY(task_from_name(spec.at("task").get<std::string>()));
    if (wanted != natural) {
      return fail(Exit::data,
                  fmt::format("spec.task is {}, the dataset is for {}", name(wanted), name(natural)),
                  "leave the task out, or ingest the data with another label");
    }
  }
  if (natural == Task::classification && dataset.classes.size() == 1) {
    return fail(Exit::data, fmt::format("every sample has the same class, \"{}\"", dataset.classes.front()),
                "a classifier needs at least two classes: add samples of another one");
  }
  return natural;
}

Result<> choose_splits(Json& spec, const Dataset& dataset) {
  Json& data = section(spec, "data");
  const bool validation_named = data.contains("validation");
  const Json splits = {{"train", data.value("train", "train")},
                       {"validation", data.value("validation", "validation")}};
  data = splits;
  const auto train = dataset.splits.find(data["train"].get<std::string>());
  const auto validation = dataset.splits.find(data["validation"].get<std::string>());
  if (train == dataset.splits.end()) {
    return fail(Exit::not_found, fmt::format("the dataset has no split {}", dump_json(data["train"])));
  }
  if (train->second.samples == 0) {
    return fail(Exit::data, fmt::format("the split {} is empty", dump_json(data["train"])),
                "ingest more data, or with a larger first part of --split");
  }
  if (validation == dataset.splits.end() || validation->second.samples == 0) {
    if (validation_named && validation == dataset.splits.end()) {
      return fail(Exit::not_found, fmt::format("the dataset has no split {}", dump_json(data["validation"])));
    }
    data["validation"] = "";
  }
  return {};
}

// ---- inputs ------------------------------------------------------------------------------------------

const FeatureStats* feature(const Dataset& dataset, const std::string& name) {
  const auto found = std::find_if(dataset.statistics.begin(), dataset.statistics.end(),
                                  [&](const FeatureStats& each) { return each.name == name; });
  return found == dataset.statistics.end() ? nullptr : &*found;
}

// Pictures that are all of one modest size keep it; others become squares that a CPU can learn from.
std::pair<int64_t, int64_t> natural_size(const Dataset& dataset) {
  constexpr int64_t kLargest = 96;
  const FeatureStats* width = feature(dataset, "width");
  const FeatureStats* height = feature(dataset, "height");
  if (width == nullptr || height == nullptr) return {kLargest, kLargest};
  const bool uniform = width->min == width->max && height->min == height->max;
  if (uniform && width->max <= 128 && height->max <= 128) {
    return {static_cast<int64_t>(height->max), static_cast<int64_t>(width->max)};
  }
  const double side = std::min(width->mean, height->mean);
  int64_t size = 32;
  while (size < kLargest && static_cast<double>(size) * 1.25 < side) size += 32;
  return {size, size};
}

void choose_image(Json& spec, const Dataset& dataset) {
  Json& image = section(spec, "image");
  const auto [height, width] = natural_size(dataset);
  set_default(image, "size", Json::array({height, width}));
  set_default(image, "channels", dataset.channel_mean.size() == 1 ? 1 : 3);
  // Photographs have no left and right; digits, letters and drawings do.
  set_default(image, "augment", image["channels"] == 3 ? Json::array({"flip"}) : Json::array());
}

void choose_text(Json& spec, int64_t samples) {
  Json& text = section(spec, "text");
  set_default(text, "lowercase", true);
  set_default(text, "buckets", samples < 5'000 ? 16'384 : 65'536);
  set_default(text, "ngrams", 2);
  set_default(text, "maxTokens", 512);
}

// ---- model -------------------------------------------------------------------------------------------

Json cnn_filters(const Json& size) {
  const auto side = std::min(size.at(0).get<int64_t>(), size.at(1).get<int64_t>());
  if (side < 2) return Json::array();
  if (side < 8) return Json::array({32});
  return side <= 64 ? Json::array({32, 64}) : Json::array({32, 64, 128});
}

const char* natural_model(DatasetKind kind) {
  switch (kind) {
    case DatasetKind::image:
      return "cnn";
    case DatasetKind::text:
      return "text";
    case DatasetKind::table:
      return "mlp";
    case DatasetKind::ratings:
      return "recommender";
  }
  return "";
}

void choose_model(Json& spec, const Dataset& dataset, int64_t samples) {
  if (!spec.contains("model")) spec["model"] = natural_model(dataset.kind);
  if (spec["model"].is_string()) spec["model"] = {{"name", spec["model"]}};
  Json& model = spec["model"];
  if (model.contains("layers")) return;
  const std::string which = model.value("name", "");
  if (which == "cnn" && spec.contains("image")) {
    set_default(model, "filters", cnn_filters(spec["image"]["size"]));
    set_default(model, "kernel", 3);
    set_default(model, "dense", Json::array({128}));
    set_default(model, "dropout", spec["image"]["channels"] == 3 ? 0.25 : 0.0);
    set_default(model, "batchnorm", false);
  } else if (which == "mlp") {
    const bool small = samples < 2'000;
    set_default(model, "hidden", small ? Json::array({32, 16}) : Json::array({128, 64}));
    set_default(model, "activation", "relu");
    set_default(model, "dropout", 0.0);
  } else if (which == "text") {
    set_default(model, "embedding", 32);
    set_default(model, "hidden", Json::array());
    set_default(model, "dropout", 0.0);
  } else if (which == "recommender") {
    set_default(model, "dimensions", 16);
    set_default(model, "hidden", Json::array());
    set_default(model, "dropout", 0.0);
  }
}

// ---- how long, how fast ------------------------------------------------------------------------------

// How many samples to see in all, and the bounds on the number of epochs that this makes.
struct Effort {
  double samples;
  int64_t least, most;
  double rate;
};

Effort effort(const Json& spec, const Dataset& dataset, int64_t samples) {
  switch (dataset.kind) {
    case DatasetKind::image: {
      const Json& size = spec["image"]["size"];
      const bool small = size.at(0).get<int64_t>() * size.at(1).get<int64_t>() <= 32 * 32;
      return {small ? 250e3 : 60e3, small ? 5 : 3, 30, small ? 0.002 : 0.001};
    }
    case DatasetKind::text:
      return {1e6, 3, 30, 0.005};
    case DatasetKind::table:
      return {2.5e6, 5, 100, samples < 2'000 ? 0.01 : 0.003};
    case DatasetKind::ratings:
      return {10e6, 8, 30, 0.01};
  }
  return {};
}

int64_t natural_batch(const Dataset& dataset, int64_t samples) {
  const int64_t largest = dataset.kind == DatasetKind::ratings ? 4096
                          : dataset.kind == DatasetKind::image ? 64
                                                               : 512;
  int64_t batch = 8;
  while (batch < largest && batch * 50 < samples) batch *= 2;
  return batch;
}

void choose_effort(Json& spec, const Dataset& dataset, int64_t samples) {
  const Effort chosen = effort(spec, dataset, samples);
  const auto epochs = static_cast<int64_t>(std::ceil(chosen.samples / static_cast<double>(samples)));
  set_default(spec, "epochs", std::clamp(epochs, chosen.least, chosen.most));
  set_default(spec, "batchSize", natural_batch(dataset, samples));
  Json& optimizer = section(spec, "optimizer");
  set_default(optimizer, "name", "adam");
  set_default(optimizer, "lr", optimizer["name"] == "sgd" ? 0.01 : chosen.rate);
  // A factorisation has a parameter for every few ratings: without a penalty it learns them by heart. The sum
  // over the ratings counts, so the mean's penalty falls with their number.
  const bool factors = spec["model"].value("name", "") == "recommender" && spec["model"]["hidden"].empty();
  if (factors) set_default(optimizer, "weightDecay", 25.0 / static_cast<double>(samples));
  if (!spec.contains("schedule")) spec["schedule"] = {{"name", "cosine"}};
  if (spec["schedule"].is_string()) spec["schedule"] = {{"name", spec["schedule"]}};
  set_default(spec["schedule"], "name", "cosine");
  Json& stopping = section(spec, "earlyStopping");
  set_default(stopping, "metric", spec["data"]["validation"] == "" ? "loss" : "val_loss");
  set_default(stopping, "patience", 0);
  Json& checkpoint = section(spec, "checkpoint");
  set_default(checkpoint, "every", "1 epoch");
  set_default(checkpoint, "keep", 2);
}

void choose_machine(Json& spec) {
  set_default(spec, "device", "auto");
  set_default(spec, "precision", "f32");
  set_default(spec, "seed", 1);
}

Result<Json> complete(Json spec, const Dataset& dataset) {
  spec.erase("output");
  const Task task = TRY(choose_task(spec, dataset));
  spec["task"] = name(task);
  TRY(choose_splits(spec, dataset));
  const int64_t samples = dataset.splits.at(spec["data"]["train"].get<std::string>()).samples;
  if (dataset.kind == DatasetKind::image) choose_image(spec, dataset);
  if (dataset.kind == DatasetKind::text) choose_text(spec, samples);
  choose_model(spec, dataset, samples);
  choose_effort(spec, dataset, samples);
  choose_machine(spec);
  return spec;
}

// The same order whatever was given: the completed spec is hashed and shown.
Json in_order(const Json& spec) {
  constexpr const char* kKeys[] = {
      "data",       "task",   "image",     "text",     "table",          "model",        "optimizer",
      "schedule",   "epochs", "batchSize", "clipNorm", "labelSmoothing", "classWeights", "earlyStopping",
      "checkpoint", "device", "precision", "seed",     "threads"};
  Json out = Json::object();
  for (const char* key : kKeys) {
    if (spec.contains(key) && !spec[key].is_null()) out[key] = spec[key];
  }
  return out;
}

}  // namespace

Result<Json> with_defaults(const Json& spec, const Dataset& dataset) {
  const Json given = spec.is_object() ? spec : Json::object();
  return decode_json("spec", Exit::manifest,
                     [&]() -> Result<Json> { return in_order(TRY(complete(given, dataset))); });
}

}  // namespace mlctl
