#pragma once
// What a pipeline remembers of each stage that succeeded (STATE/pipelines/NAME.json), and whether that
// still holds. A stage is stale when its parameters, its inputs or the format version changed, or when its
// outputs are not whole or not as it left them.

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "core/base/result.h"
#include "core/pipeline/pipeline.h"
#include "core/store/digest_at.h"
#include "core/sys/folder.h"

namespace mlctl {

constexpr int kStageFormat = 1;  // raised when the same stage would produce something else

struct StageState {
  int format = kStageFormat;
  std::string command;
  nlohmann::ordered_json parameters;
  std::map<std::string, std::string> inputs, outputs;  // path as given → digest; "" = absent
  // What it added beside its outputs, in the same form: the evaluation that `eval` adds to a model.
  std::map<std::string, std::string> records;
};

using DigestAt = std::function<Result<std::string>(const std::string& path)>;
Result<StageState> current_state(const Stage& stage, const DigestAt& digest);
// What a stage that has just succeeded added beside its outputs.
Result<std::map<std::string, std::string>> records_of(const Stage& stage, const DigestAt& digest);
// Why the outputs are not as the stage left them; "" when they are.
Result<std::string> why_lost(const StageState& last, const DigestAt& digest);

// Why the stage has to run, for people; "" when what it left is up to date.
std::string why_stale(const StageState* last, const StageState& now);

using PipelineState = std::map<std::string, StageState>;  // by stage
// A missing file, or one of another format, gives an empty state.
PipelineState read_state(const sys::PathAt& file);
Result<> write_state(const sys::PathAt& file, const PipelineState& state);

}  // namespace mlctl
