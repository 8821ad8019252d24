#include "core/train/checkpoint.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/sys/fs.h"
#include "core/sys/names_in.h"
#include "core/tensor/safetensors.h"
#include "core/text/json_fields.h"

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

// A count or an index from which the training continues: not below `least`.
int64_t count_from(const Fields& fields, const char* key, int64_t least = 0) {
  return std::max(fields.get<int64_t>(key), least);
}

TrainState state_from(const Fields& fields) {
  TrainState state;
  state.epoch = count_from(fields, "epoch");
  state.batch = count_from(fields, "batch");
  state.step = count_from(fields, "step");
  state.loss_sum = fields.get<double>("lossSum");
  state.correct = count_from(fields, "correct");
  state.seen = count_from(fields, "seen");
  state.best_epoch = count_from(fields, "bestEpoch", -1);
  state.best_value = fields.get<double>("bestValue");
  state.best_sha256 = fields.get<std::string>("bestSha256");
  state.best_metrics = fields.get<Json>("bestMetrics");
  state.bad_epochs = count_from(fields, "badEpochs");
  state.plateau = fields.get<double>("plateau");
  state.plateau_bad = count_from(fields, "plateauBad");
  state.plateau_best = fields.get<double>("plateauBest");
  state.stopped_early = fields.get<bool>("stoppedEarly");
  state.finished = fields.get<bool>("finished");
  state.threads = static_cast<int>(std::min<int64_t>(count_from(fields, "threads"), 1 << 16));
  state.blas = fields.get<std::string>("blas");
  state.history = fields.get<Json>("history");
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

struct Saved {
  TrainState state;
  std::string weights, optimizer;  // digests
};

Result<Saved> read_state(const sys::PathAt& folder) {
  const std::string text = TRY(sys::read_file(folder / kState)), where = (folder.path() / kState).string();
  const Json document = TRY(parse_json(text, where));
  return decode_json(where, Exit::integrity, [&]() -> Result<Saved> {
    const Fields fields(document);
    const Fields files = fields.at("files");
    TrainState state = state_from(fields.at("state"));
    if (!state.history.is_array())
      return fail(Exit::integrity, "state.history: a list is expected", {}, where);
    return Saved{std::move(state), files.get<std::string>(kTensors[0]), files.get<std::string>(kTensors[1])};
  });
}

Result<Checkpoint> read_checkpoint(const sys::PathAt& folder) {
  Checkpoint checkpoint;
  Saved saved = TRY(read_state(folder));
  checkpoint.state = std::move(saved.state);
  checkpoint.weights = TRY(read_checked(folder / kTensors[0], saved.weights));
  checkpoint.optimizer = TRY(read_checked(folder / kTensors[1], saved.optimizer));
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
  TRY(sys::write_file(folder / kState, dump_json(Json{{"state", to_json(state)}, {"files", files}})));
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
    const auto saved = read_state(folder_ / each);
    if (saved && saved->state.step <= newest.step && kept < keep_) {
      ++kept;
      wanted.push_back(best_name(saved->state.best_epoch));
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
