#include "core/train/train.h"

#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/output/journal.h"
#include "core/sys/cpu.h"
#include "core/sys/hash_file.h"
#include "core/text/json_fields.h"
#include "core/train/checkpoint.h"
#include "core/train/pack.h"
#include "core/train/trainer.h"

namespace mlctl {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;  // of what training makes from the same inputs
constexpr const char* kCheckpoints = "checkpoints";
constexpr const char* kModelUnit = "model";

// How often and how many checkpoints are kept does not change the result.
std::string fingerprint(const TrainPlan& plan) {
  Json spec = plan.completed;
  spec.erase("checkpoint");
  return sha256_hex(dump_json(Json{{"format", kFormat}, {"dataset", plan.dataset_digest}, {"spec", spec}}));
}

std::vector<float> class_weights(const TrainSpec& spec, const Dataset& dataset) {
  const size_t classes = dataset.classes.size();
  if (!spec.balanced && spec.class_weights.empty()) return {};
  std::vector<float> weights(classes, 1);
  if (spec.balanced) {
    const Split& split = dataset.splits.at(spec.train_split);
    for (size_t i = 0; i < classes && i < split.class_counts.size(); ++i) {
      const auto count = static_cast<double>(std::max<int64_t>(1, split.class_counts[i]));
      weights[i] =
          static_cast<float>(static_cast<double>(split.samples) / (static_cast<double>(classes) * count));
    }
    return weights;
  }
  for (size_t i = 0; i < classes; ++i) {
    const auto given = spec.class_weights.find(dataset.classes[i]);
    if (given != spec.class_weights.end()) weights[i] = static_cast<float>(given->second);
  }
  return weights;
}

SessionSpec session_spec(const TrainPlan& plan, int threads) {
  const TrainSpec& spec = plan.spec;
  SessionSpec out;
  out.network = plan.model.network;
  out.loss = spec.task == Task::classification ? Loss::cross_entropy : Loss::mse;
  out.class_weights = class_weights(spec, plan.dataset);
  out.label_smoothing = spec.label_smoothing;
  out.optimizer = spec.optimizer;
  out.device = spec.device;
  out.precision = spec.precision;
  out.threads = threads;
  out.seed = spec.seed;
  return out;
}

class Training {
 public:
  Training(const TrainRequest& request, const TrainPorts& ports, TrainPlan plan)
      : request_(request), ports_(ports), plan_(std::move(plan)) {}

  Result<TrainOutcome> run() {
    folder_.emplace(TRY(OutputFolder::open(request_.output, fingerprint(plan_),
                                           {request_.overwrite, "model.json", request_.upkeep})));
    if (folder_->state() == OutputState::up_to_date) return up_to_date();
    if (!folder_->damage().empty())
      ports_.observer.note("starting over: of what an earlier run left, " + folder_->damage());
    checkpoints_.emplace(work(kCheckpoints), plan_.spec.checkpoint.keep);
    const Result<> made = folder_->done().contains(kModelUnit) ? Result<>{} : make();
    if (!made) return abandon(made.error());
    return finish();
  }

 private:
  sys::PathAt work(const std::string& name) const { return folder_->folder() / name; }

  Result<TrainOutcome> up_to_date() {
    TrainOutcome out;
    out.up_to_date = true;
    Package package = TRY(open_package(request_.output));
    out.model = std::move(package.model);
    out.digest = package.digest.hex();
    return out;
  }

  // Removes what a later run could not use.
  Result<TrainOutcome> abandon(Error error) {
    const auto saved = checkpoints_->latest();
    if (!saved || !*saved) TRY(sys::remove_tree(folder_->work()));
    return fail(std::move(error));
  }

  Result<> make() {
    TRY(fit_plan(request_, plan_, ports_.stop));
    Engine* engine = TRY(ports_.engine());
    TRY(pack(plan_.spec.train_split, train_));
    if (!plan_.spec.validation_split.empty()) TRY(pack(plan_.spec.validation_split, validation_));
    TrainState state = TRY(open_session(*engine));
    const TrainerParts parts = {
        plan_.spec,     plan_.model,   *train_,     validation_ ? &*validation_ : nullptr,
        *session_,      *checkpoints_, ports_.stop, ports_.clock,
        ports_.observer};
    Trained trained = TRY(run_epochs(parts, std::move(state)));
    history_ = trained.state.history;
    plan_.model.metrics = saved_metrics(trained.state);
    TRY(write_model(folder_->folder().self(), plan_.model, trained.weights));
    return folder_->commit(kModelUnit, {{"history", history_}, {"files", TRY(written_files())}});
  }

  // The files as a later run will find them, if it has to put them in their place.
  Result<Json> written_files() const {
    const Model written = TRY(open_model(folder_->work()));
    const fs::path document = folder_->work() / "model.json";
    std::error_code code;
    Json files = {to_json(FileEntry{TRY(InsidePath::parse("model.json")), fs::file_size(document, code),
                                    TRY(digest_of_file(document))})};
    for (const FileEntry& file : written.files) files.push_back(to_json(file));
    return files;
  }

  PackRequest pack_request(const std::string& split) const {
    return {*request_.dataset,     plan_.dataset,        plan_.model, split,
            work("pack-" + split), sys::available_cpus()};
  }

  std::function<void(uint64_t)> telling(const std::string& split) {
    return [this, split, expected = plan_.dataset.splits.at(split).samples,
            packed = int64_t{0}](uint64_t by) mutable {
      packed += static_cast<int64_t>(by);
      ports_.observer.reading(split, expected, packed);
    };
  }

  // Decoding is done once: what another training with the same preprocessing left in the cache is taken up.
  Result<> pack(const std::string& split, std::optional<PackedSplit>& out) {
    if (ports_.packs != nullptr) {
      std::optional<KeptPack> kept = TRY(ports_.packs->get(pack_request(split), plan_.dataset_digest,
                                                           ports_.stop, ports_.clock, telling(split)));
      if (kept) {
        out.emplace(TRY(PackedSplit::open(kept->folder, kept->samples, plan_.model)));
        kept_packs_.push_back(std::move(*kept));
        return {};
      }
    }
    return pack_here(split, out);
  }

  // In the unfinished output, where the packed files of an interrupted run are taken up.
  Result<> pack_here(const std::string& split, std::optional<PackedSplit>& out) {
    const std::string unit = "pack-" + split;
    const auto done = folder_->done().find(unit);
    int64_t size = 0;
    const std::optional<int64_t> kept =
        done == folder_->done().end() ? std::nullopt : packed_samples(work(unit).path(), done->second);
    if (kept) {
      size = *kept;
    } else {
      size = TRY(pack_split(pack_request(split), ports_.stop, telling(split)));
      TRY(folder_->commit(unit, {{"samples", size}, {"sizes", packed_sizes(work(unit).path())}}));
    }
    out.emplace(TRY(PackedSplit::open(work(unit), size, plan_.model)));
    return {};
  }

  // How many samples an earlier run packed, if all that it wrote is there.
  static std::optional<int64_t> packed_samples(const fs::path& folder, const Json& unit) {
    const Result<int64_t> samples = decode_json("", Exit::integrity, [&]() -> Result<int64_t> {
      const Fields fields(unit);
      if (fields.get<Json>("sizes") != packed_sizes(folder)) return fail(Exit::integrity, "");
      return fields.get<int64_t>("samples");
    });
    return samples ? std::optional(*samples) : std::nullopt;
  }

  // The packed files' sizes. The files are memory-mapped, so one that lost its end must not be taken for
  // complete.
  static Json packed_sizes(const fs::path& folder) {
    Json sizes = Json::object();
    for (const sys::Entry& file : sys::list_files(folder).value_or(std::vector<sys::Entry>()))
      sizes[file.path.string()] = file.size;
    return sizes;
  }

  Result<TrainState> open_session(Engine& engine) {
    if (!request_.resume) TRY(checkpoints_->clear());
    std::optional<Checkpoint> checkpoint = TRY(checkpoints_->latest());
    const EngineInfo info = engine.info();
    TrainState state;
    state.threads = plan_.spec.threads > 0 ? plan_.spec.threads : info.threads;
    state.blas = info.blas;
    if (checkpoint) {
      warn_of_changes(checkpoint->state, state);
      state = checkpoint->state;
      ports_.observer.note(fmt::format("going on from epoch {}, step {}", state.epoch + 1, state.step));
    }
    if (state.threads > info.threads && sys::startable_threads(state.threads - 1) < state.threads - 1)
      return fail(Exit::resource,
                  fmt::format("cannot start a thread: this training uses {}, and the system gives fewer",
                              state.threads),
                  "raise the limit of processes (ulimit -u, pids.max), or begin anew with --resume never");
    session_ = TRY(engine.open(session_spec(plan_, state.threads)));
    if (checkpoint) {
      TRY(session_->load_weights(checkpoint->weights));
      TRY(session_->load_optimizer_state(checkpoint->optimizer));
    }
    return state;
  }

  void warn_of_changes(const TrainState& then, const TrainState& now) {
    if (then.threads != now.threads) {
      ports_.observer.warn(
          fmt::format("the checkpoint was made with {} threads, here are {}: going on with {}", then.threads,
                      now.threads, then.threads));
    }
    if (then.blas != now.blas) {
      ports_.observer.warn(
          fmt::format("the checkpoint was made with {}, here is {}: "
                      "the result may differ in the last digits from an uninterrupted run's",
                      then.blas, now.blas));
    }
  }

  // The validation's metrics under their plain names; the training's where there is no validation.
  Json saved_metrics(const TrainState& state) const {
    Json out = {{"epoch", state.best_epoch + 1}};
    for (const auto& [name, value] : state.best_metrics.items()) {
      if (validation_ && !name.starts_with("val_")) continue;
      out[validation_ ? name.substr(4) : name] = value;
    }
    return out;
  }

  Result<TrainOutcome> finish() {
    TRY(checkpoints_->clear());
    for (const std::string& split : {plan_.spec.train_split, plan_.spec.validation_split}) {
      TRY(sys::remove_tree(work("pack-" + split)));
    }
    const Json& unit = folder_->done().at(kModelUnit);
    if (history_.empty() && unit.is_object() && unit.contains("history")) history_ = unit["history"];
    TRY(folder_->finish());
    TrainOutcome out;
    Package package = TRY(open_package(request_.output));
    out.model = std::move(package.model);
    out.digest = package.digest.hex();
    out.history = std::move(history_);
    return out;
  }

  const TrainRequest& request_;
  const TrainPorts& ports_;
  TrainPlan plan_;
  std::optional<OutputFolder> folder_;
  std::optional<CheckpointFolder> checkpoints_;
  std::vector<KeptPack> kept_packs_;  // before what maps them
  std::optional<PackedSplit> train_, validation_;
  std::unique_ptr<Session> session_;
  Json history_ = Json::array();
};

}  // namespace

Result<TrainOutcome> train(const TrainRequest& request, const TrainPorts& ports) {
  TrainPlan plan = TRY(settle_training(request));
  return Training(request, ports, std::move(plan)).run();
}

}  // namespace mlctl
