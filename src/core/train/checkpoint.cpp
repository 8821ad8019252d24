#include "core/train/checkpoint.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/model/safetensors.h"
#include "core/sys/fs.h"
#include "core/sys/names_in.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kState = "state.json";
constexpr const char* kTensors[] = {"weights.safetensors", "optimizer.safetensors"};

Json to_json(const TrainState& state) {
  return {{"epoch", state.epoch},
          {"batch", state.batch},
          {"step", state.step},
          {"lossSum", state.loss_sum},
          {"correct", state.correct},
          {"seen", state.seen},
          {"bestEpoch", state.best_epoch},
          {"bestValue", state.best_value},
          {"bestSha256", state.best_sha256},
          {"bestMetrics", state.best_metrics},
          {"badEpochs", state.bad_epochs},
          {"plateau", state.plateau},
          {"plateauBad", state.plateau_bad},
          {"plateauBest", state.plateau_best},
          {"stoppedEarly", state.stopped_early},
          {"finished", state.finished},
          {"threads", state.threads},
          {"blas", state.blas},
          {"history", state.history}};
}

TrainState state_from(const Json& json) {
  TrainState state;
  json.at("epoch").get_to(state.epoch);
  json.at("batch").get_to(state.batch);
  json.at("step").get_to(state.step);
  json.at("lossSum").get_to(state.loss_sum);
  json.at("correct").get_to(state.correct);
  json.at("seen").get_to(state.seen);
  json.at("bestEpoch").get_to(state.best_epoch);
  json.at("bestValue").get_to(state.best_value);
  json.at("bestSha256").get_to(state.best_sha256);
  state.best_metrics = json.at("bestMetrics");
  json.at("badEpochs").get_to(state.bad_epochs);
  json.at("plateau").get_to(state.plateau);
  json.at("plateauBad").get_to(state.plateau_bad);
  json.at("plateauBest").get_to(state.plateau_best);
  json.at("stoppedEarly").get_to(state.stopped_early);
  json.at("finished").get_to(state.finished);
  json.at("threads").get_to(state.threads);
  json.at("blas").get_to(state.blas);
  state.history = json.at("history");
  return state;
}

std::string step_name(int64_t step) {
  return fmt::format("step-{:010}", step);
}

std::string best_name(int64_t epoch) {
  return fmt::format("best-{:06}.safetensors", epoch);
}

// Names in `folder` that begin with `prefix`, in order.
std::vector<std::string> names(const sys::PathAt& at, std::string_view prefix) {
  const Result<sys::Folder> folder = sys::Folder::open(at);
  if (!folder) return {};
  std::vector<std::string> out =
      sys::names_in(folder->fd(), folder->path()).value_or(std::vector<std::string>{});
  std::erase_if(out, [&](const std::string& each) { return !each.starts_with(prefix); });
  std::sort(out.begin(), out.end());
  return out;
}

// The tensors of a file that must have that hash.
Result<TensorMap> read_checked(const sys::PathAt& path, const std::string& sha256) {
  const std::string bytes = TRY(sys::read_file(path));
  if (sha256_hex(bytes) != sha256) {
    return fail(Exit::integrity, "the checkpoint's file is damaged (SHA-256 differs)",
                "--resume never starts over", path.path().string());
  }
  return parse_safetensors(bytes, path.path().string());
}

Result<TrainState> read_state(const sys::PathAt& folder, Json& files) {
  const std::string text = TRY(sys::read_file(folder / kState)), where = (folder.path() / kState).string();
  const Json document = TRY(parse_json(text, where));
  return decode_json(where, Exit::integrity, [&]() -> Result<TrainState> {
    files = document.at("files");
    return state_from(document.at("state"));
  });
}

Result<Checkpoint> read_checkpoint(const sys::PathAt& folder) {
  Json files;
  Checkpoint checkpoint;
  checkpoint.state = TRY(read_state(folder, files));
  checkpoint.weights = TRY(read_checked(folder / kTensors[0], files.value(kTensors[0], "")));
  checkpoint.optimizer = TRY(read_checked(folder / kTensors[1], files.value(kTensors[1], "")));
  return checkpoint;
}

}  // namespace

Result<> CheckpointFolder::save(const TrainState& state, const TensorMap& weights,
                                const TensorMap& optimizer) const {
  const sys::PathAt folder = folder_ / step_name(state.step);
  Json files = Json::object();
  const TensorMap* tensors[] = {&weights, &optimizer};
  for (size_t i = 0; i < 2; ++i) {
    const std::string bytes = write_safetensors(*tensors[i]);
    TRY(sys::write_file(folder / kTensors[i], bytes));
    files[kTensors[i]] = sha256_hex(bytes);
  }
  TRY(sys::write_file(folder / kState, Json{{"state", to_json(state)}, {"files", files}}.dump()));
  return prune(state);
}

Result<std::string> CheckpointFolder::save_best(int64_t epoch, const TensorMap& weights) const {
  const std::string bytes = write_safetensors(weights);
  TRY(sys::write_file(folder_ / best_name(epoch), bytes));
  return sha256_hex(bytes);
}

Result<TensorMap> CheckpointFolder::best(const TrainState& state) const {
  return read_checked(folder_ / best_name(state.best_epoch), state.best_sha256);
}

Result<std::optional<Checkpoint>> CheckpointFolder::latest() const {
  std::vector<std::string> found = names(folder_, "step-");
  std::reverse(found.begin(), found.end());
  for (const std::string& each : found) {
    Result<Checkpoint> checkpoint = read_checkpoint(folder_ / each);
    if (!checkpoint) continue;
    if (checkpoint->state.best_epoch >= 0 && !best(checkpoint->state)) continue;
    return std::optional(std::move(*checkpoint));
  }
  return std::nullopt;
}

fs::path CheckpointFolder::place(const TrainState& state) const {
  return folder_.path() / step_name(state.step);
}

// Keeps the newest `keep` whole checkpoints and the best weights that any of them names.
Result<> CheckpointFolder::prune(const TrainState& newest) const {
  std::vector<std::string> found = names(folder_, "step-");
  std::reverse(found.begin(), found.end());
  std::vector<std::string> wanted = {best_name(newest.best_epoch)};
  int64_t kept = 0;
  for (const std::string& each : found) {
    Json files;
    const auto state = read_state(folder_ / each, files);
    if (state && state->step <= newest.step && kept < keep_) {
      ++kept;
      wanted.push_back(best_name(state->best_epoch));
    } else {
      TRY(sys::remove_tree(folder_ / each));
    }
  }
  for (const std::string& each : names(folder_, "best-")) {
    if (std::find(wanted.begin(), wanted.end(), each) == wanted.end()) TRY(sys::remove_tree(folder_ / each));
  }
  return {};
}

Result<> CheckpointFolder::clear() const {
  return sys::remove_tree(folder_);
}

}  // namespace mlctl
