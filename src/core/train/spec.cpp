#include "core/train/spec.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

template <class Kind, size_t N>
Result<Kind> choice(const std::array<std::pair<const char*, Kind>, N>& kinds, const Json& value,
                    const std::string& key) {
  std::vector<std::string> names;
  for (const auto& [text, kind] : kinds) {
    if (value == text) return kind;
    names.emplace_back(text);
  }
  return fail(Exit::manifest,
              fmt::format("{}: {} is not one of {}", key, dump_json(value), join(names, ", ")));
}

auto out_of_range(const std::string& key, const std::string& wanted) {
  return fail(Exit::manifest, fmt::format("{} must be {}", key, wanted));
}

constexpr std::array<std::pair<const char*, OptimizerKind>, 5> kOptimizers = {
    {{"sgd", OptimizerKind::sgd},
     {"adam", OptimizerKind::adam},
     {"adamw", OptimizerKind::adamw},
     {"rmsprop", OptimizerKind::rmsprop},
     {"adagrad", OptimizerKind::adagrad}}};

constexpr std::array<std::pair<const char*, ScheduleKind>, 6> kSchedules = {
    {{"constant", ScheduleKind::constant},
     {"step", ScheduleKind::step},
     {"cosine", ScheduleKind::cosine},
     {"warmup", ScheduleKind::warmup},
     {"onecycle", ScheduleKind::onecycle},
     {"plateau", ScheduleKind::plateau}}};

Result<OptimizerSpec> optimizer(const Json& json, double clip_norm) {
  OptimizerSpec out;
  out.kind = TRY(choice(kOptimizers, json.at("name"), "spec.optimizer.name"));
  out.momentum = json.value("momentum", out.momentum);
  out.dampening = json.value("dampening", out.dampening);
  out.nesterov = json.value("nesterov", out.nesterov);
  out.weight_decay = json.value("weightDecay", out.weight_decay);
  out.beta1 = json.value("beta1", out.beta1);
  out.beta2 = json.value("beta2", out.beta2);
  out.epsilon = json.value("epsilon", out.epsilon);
  out.alpha = json.value("alpha", out.alpha);
  out.clip_norm = clip_norm;
  if (out.nesterov && (out.momentum <= 0 || out.dampening != 0)) {
    return out_of_range("spec.optimizer.nesterov", "false without momentum, or with dampening");
  }
  return out;
}

Result<ScheduleSpec> schedule(const Json& json) {
  ScheduleSpec out;
  out.kind = TRY(choice(kSchedules, json.at("name"), "spec.schedule.name"));
  const double warmup = out.kind == ScheduleKind::warmup ? 1 : 0;
  out.warmup_epochs = json.value("warmupEpochs", warmup);
  out.min_rate = json.value("minLr", out.min_rate);
  out.step_epochs = json.value("stepEpochs", out.step_epochs);
  out.gamma = json.value("gamma", out.gamma);
  out.factor = json.value("factor", out.factor);
  out.patience = json.value("patience", out.patience);
  if (out.step_epochs <= 0) return out_of_range("spec.schedule.stepEpochs", "above 0");
  return out;
}

// "1 epoch", "2 epochs", "500 steps", or a number of epochs.
Result<CheckpointSpec> checkpoint(const Json& json) {
  CheckpointSpec out;
  out.keep = json.at("keep").get<int64_t>();
  const Json& every = json.at("every");
  const std::string text = every.is_string() ? every.get<std::string>() : dump_json(every) + " epochs";
  const std::vector<std::string> words = split(trim(text), ' ');
  const auto number = parse_int(words.front());
  const std::string unit = words.size() == 2 ? words[1] : "";
  const bool steps = unit == "step" || unit == "steps";
  if (!number || *number < 1 || (!steps && unit != "epoch" && unit != "epochs")) {
    return out_of_range("spec.checkpoint.every", "like \"1 epoch\" or \"500 steps\"");
  }
  out.every_epochs = steps ? 0 : *number;
  out.every_steps = steps ? *number : 0;
  if (out.keep < 1) return out_of_range("spec.checkpoint.keep", "at least 1");
  return out;
}

Result<Augment> augment(const Json& list) {
  Augment out;
  for (size_t i = 0; i < list.size(); ++i) {
    const Json& item = list[i];
    const std::string name = item.is_string()   ? item.get<std::string>()
                             : item.size() == 1 ? item.begin().key()
                                                : std::string();
    const auto amount = [&](double otherwise) {
      return item.is_object() ? item.begin().value().get<double>() : otherwise;
    };
    if (name == "flip") {
      out.flip = true;
    } else if (name == "rotate") {
      out.rotate = amount(10);
    } else if (name == "crop") {
      out.crop = static_cast<int64_t>(amount(4));
    } else if (name == "color" || name == "colour") {
      out.color = amount(0.2);
    } else {
      return fail(Exit::manifest, fmt::format("spec.image.augment[{}]: unknown augmentation \"{}\"", i, name),
                  "flip, {rotate: 10}, {crop: 4} and {color: 0.2} are known");
    }
  }
  return out;
}

StoppingSpec stopping(const Json& json) {
  StoppingSpec out;
  out.metric = json.value("metric", out.metric);
  out.patience = json.value("patience", out.patience);
  out.min_delta = json.value("minDelta", out.min_delta);
  return out;
}

void read_inputs(const Json& spec, TrainSpec& out) {
  if (spec.contains("image")) {
    const Json& image = spec.at("image");
    out.image.height = image.at("size").at(0).get<int64_t>();
    out.image.width = image.at("size").at(1).get<int64_t>();
    out.image.channels = image.at("channels").get<int64_t>();
  }
  if (spec.contains("text")) {
    const Json& text = spec.at("text");
    out.text = {text.at("lowercase").get<bool>(), text.at("buckets").get<int64_t>(),
                text.at("ngrams").get<int64_t>(), text.at("maxTokens").get<int64_t>()};
  }
}

void read_class_weights(const Json& json, TrainSpec& out) {
  out.balanced = json == "balanced";
  if (json.is_object()) out.class_weights = json.get<std::map<std::string, double>>();
}

Result<> check(const TrainSpec& spec) {
  if (spec.epochs < 1) return out_of_range("spec.epochs", "at least 1");
  if (spec.batch_size < 1) return out_of_range("spec.batchSize", "at least 1");
  if (!(spec.rate > 0)) return out_of_range("spec.optimizer.lr", "above 0");
  if (spec.label_smoothing < 0 || spec.label_smoothing >= 1) {
    return out_of_range("spec.labelSmoothing", "at least 0 and below 1");
  }
  for (const auto& [name, weight] : spec.class_weights) {
    if (weight < 0) return out_of_range("spec.classWeights." + name, "at least 0");
  }
  return {};
}

Result<TrainSpec> decode(const Json& spec) {
  TrainSpec out;
  out.train_split = spec.at("data").at("train").get<std::string>();
  out.validation_split = spec.at("data").at("validation").get<std::string>();
  out.task = TRY(task_from_name(spec.at("task").get<std::string>()));
  read_inputs(spec, out);
  if (spec.contains("image")) out.augment = TRY(augment(spec.at("image").at("augment")));
  out.model = spec.at("model");
  out.optimizer = TRY(optimizer(spec.at("optimizer"), spec.value("clipNorm", 0.0)));
  out.rate = spec.at("optimizer").at("lr").get<double>();
  out.schedule = TRY(schedule(spec.at("schedule")));
  out.epochs = spec.at("epochs").get<int64_t>();
  out.batch_size = spec.at("batchSize").get<int64_t>();
  out.stopping = stopping(spec.at("earlyStopping"));
  out.checkpoint = TRY(checkpoint(spec.at("checkpoint")));
  if (spec.contains("classWeights")) read_class_weights(spec.at("classWeights"), out);
  out.label_smoothing = spec.value("labelSmoothing", 0.0);
  out.device = spec.at("device").get<std::string>();
  out.precision = spec.at("precision").get<std::string>();
  out.seed = spec.at("seed").get<uint64_t>();
  out.threads = spec.value("threads", 0);
  TRY(check(out));
  return out;
}

}  // namespace

Result<TrainSpec> train_spec_from_json(const Json& spec) {
  return decode_json("spec", Exit::manifest, [&] { return decode(spec); });
}

}  // namespace mlctl
