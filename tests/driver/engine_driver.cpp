// Drives the embedded engine from a JSON job, for the tests against PyTorch and the benchmark:
//   mlctl_engine_driver JOB.json
// The job names a session, a safetensors file of data (the Batch's members, for all rows) and, if it likes,
// initial weights, a number of steps, and where to save weights and TorchScript. Prints {"losses", "correct",
// "logits", "loss"}. With "interactive", each line of stdin is a number of steps to run; the reply is their
// seconds.

#include <algorithm>
#include <chrono>
#include <iostream>

#include <nlohmann/json.hpp>

#include "core/engine/engine.h"
#include "core/sys/fs.h"
#include "core/tensor/safetensors.h"

using namespace mlctl;
using nlohmann::json;

namespace {

template <class T>
std::vector<T> column(const TensorMap& data, const std::string& name) {
  const auto found = data.find(name);
  if (found == data.end()) return {};
  const auto* values = reinterpret_cast<const T*>(found->second.bytes.data());
  return {values, values + found->second.bytes.size() / sizeof(T)};
}

// All rows in memory; batches are slices of consecutive rows, beginning again where they end.
struct Data {
  explicit Data(const TensorMap& data)
      : features(column<float>(data, "features")),
        targets(column<float>(data, "targets")),
        codes(column<int32_t>(data, "codes")),
        tokens(column<int32_t>(data, "tokens")),
        labels(column<int32_t>(data, "labels")),
        offsets(column<int64_t>(data, "offsets")),
        rows(static_cast<int64_t>(std::max(labels.size(), targets.size()))) {}

  template <class T>
  std::span<const T> slice(const std::vector<T>& all, int64_t first, int64_t count) const {
    const size_t width = all.size() / static_cast<size_t>(rows);
    return {all.data() + static_cast<size_t>(first) * width, static_cast<size_t>(count) * width};
  }

  Batch batch(int64_t first, int64_t count) {
    Batch result;
    result.size = count;
    result.features = slice(features, first, count);
    result.codes = slice(codes, first, count);
    result.labels = slice(labels, first, count);
    result.targets = slice(targets, first, count);
    if (offsets.empty()) return result;
    const int64_t begin = offsets[static_cast<size_t>(first)];
    const int64_t end = first + count < rows ? offsets[static_cast<size_t>(first + count)]
                                             : static_cast<int64_t>(tokens.size());
    result.tokens = {tokens.data() + begin, static_cast<size_t>(end - begin)};
    own_offsets.assign(offsets.begin() + first, offsets.begin() + first + count);
    for (int64_t& offset : own_offsets) offset -= begin;
    result.offsets = own_offsets;
    return result;
  }

  std::vector<float> features, targets;
  std::vector<int32_t> codes, tokens, labels;
  std::vector<int64_t> offsets, own_offsets;
  int64_t rows;
};

OptimizerSpec optimizer_from(const json& job) {
  const std::map<std::string, OptimizerKind> kinds = {{"sgd", OptimizerKind::sgd},
                                                      {"adam", OptimizerKind::adam},
                                                      {"adamw", OptimizerKind::adamw},
                                                      {"rmsprop", OptimizerKind::rmsprop},
                                                      {"adagrad", OptimizerKind::adagrad}};
  OptimizerSpec spec;
  spec.kind = kinds.at(job.value("kind", "adam"));
  spec.momentum = job.value("momentum", 0.0);
  spec.dampening = job.value("dampening", 0.0);
  spec.nesterov = job.value("nesterov", false);
  spec.weight_decay = job.value("weight_decay", 0.0);
  spec.epsilon = job.value("epsilon", 1e-8);
  spec.clip_norm = job.value("clip_norm", 0.0);
  return spec;
}

Result<SessionSpec> session_from(const json& job) {
  SessionSpec spec;
  spec.network = TRY(network_from_json(job.at("network")));
  spec.loss = job.value("loss", "cross_entropy") == "mse" ? Loss::mse : Loss::cross_entropy;
  spec.class_weights = job.value("class_weights", std::vector<float>{});
  spec.label_smoothing = job.value("label_smoothing", 0.0);
  spec.optimizer = optimizer_from(job.value("optimizer", json::object()));
  spec.device = job.value("device", "cpu");
  spec.threads = job.value("threads", 2);
  spec.seed = job.value("seed", uint64_t{1});
  spec.inference = job.value("inference", false);
  return spec;
}

class Runner {
 public:
  Runner(Session& session, Data& data, const json& job)
      : session_(session), data_(data), batch_(job.value("batch", data.rows)), lr_(job.value("lr", 0.001)) {}

  Result<StepResult> step() {
    const int64_t first = step_ * batch_ % data_.rows;
    return session_.step(data_.batch(first, std::min(batch_, data_.rows - first)), lr_, step_++);
  }

  // Seconds for each number of steps asked for; "forward N" computes without learning.
  Result<> serve() {
    std::string word;
    while (std::cin >> word) {
      const bool forward = word == "forward";
      if (forward) std::cin >> word;
      const auto started = std::chrono::steady_clock::now();
      for (int64_t left = std::stoll(word); left > 0; --left) {
        if (forward)
          TRY(session_.forward(data_.batch(0, batch_)));
        else
          TRY(step());
      }
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
      std::cout << seconds.count() << std::endl;
    }
    return {};
  }

 private:
  Session& session_;
  Data& data_;
  int64_t batch_;
  double lr_;
  int64_t step_ = 0;
};

Result<> drive(const json& job) {
  Engine* engine = TRY(load_engine());
  const SessionSpec spec = TRY(session_from(job));
  const auto session = TRY(engine->open(spec));
  const TensorMap arrays = TRY(read_safetensors(job.at("data").get<std::string>()));
  Data data(arrays);
  if (job.contains("weights")) {
    const TensorMap weights = TRY(read_safetensors(job["weights"].get<std::string>()));
    TRY(session->load_weights(weights));
  }
  Runner runner(*session, data, job);
  if (job.value("interactive", false)) return runner.serve();
  json report = {{"losses", json::array()}, {"correct", json::array()}};
  for (int64_t left = job.value("steps", 0); left > 0; --left) {
    const StepResult result = TRY(runner.step());
    report["losses"].push_back(result.loss);
    report["correct"].push_back(result.correct);
  }
  double loss = 0;
  report["logits"] = TRY(session->forward(data.batch(0, data.rows), &loss));
  report["loss"] = loss;
  if (job.contains("save")) {
    const TensorMap weights = TRY(session->weights());
    TRY(sys::write_file(job["save"].get<std::string>(), write_safetensors(weights)));
  }
  if (job.contains("torchscript")) {
    const std::string archive = TRY(session->torchscript());
    TRY(sys::write_file(job["torchscript"].get<std::string>(), archive));
  }
  std::cout << report << std::endl;
  return {};
}

}  // namespace

int main(int, char** arguments) {
  const auto text = sys::read_file(arguments[1]);
  const auto done = text ? drive(json::parse(*text)) : Result<>(fail(text.error()));
  if (done) return 0;
  std::cerr << done.error().message << "\n" << done.error().hint << "\n";
  return static_cast<int>(done.error().code);
}
