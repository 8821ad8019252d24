#pragma once
// A Pipeline manifest as stages in an order that can run: each one a command line of mlctl, with what it
// reads and what it leaves.

#include <functional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/manifest/manifest.h"

namespace mlctl {

// What a flag's value means for staleness.
enum class Use { parameter, input, output, manifest };  // a manifest names inputs and outputs itself

// A flag or argument of a command, as the command line declares it.
struct StageFlag {
  std::string key;   // as in `with`: "min-size", "dataset"
  std::string flag;  // "--min-size"; empty for a positional argument
  bool takes_value = true, repeated = false, required = false;
  Use use = Use::parameter;
  std::function<Result<>(const std::string& text)> check{};  // of one value; none: any text
};
struct Signature {
  std::vector<StageFlag> parameters;
  // Its result depends on more than its inputs (monitor, predict), so it is never skipped.
  bool always = false;
  // The command's own check of its whole command line, before it begins; none: no check.
  std::function<Result<>(const std::vector<std::string>& arguments)> check{};
};
// The signature of a command, or null where there is no such command.
using Signatures = std::function<const Signature*(const std::string& command)>;

// A path of a stage: as the manifest writes it, with variables by name (`given`); from the working folder
// (`path`); and the flag or argument that takes it (`key`).
struct StagePath {
  std::string given, path, key{};
};

struct Stage {
  std::string name, command;
  std::string path;                    // in the manifest: "spec.stages[0]"
  std::vector<std::string> arguments;  // after the command: flags, then positionals
  nlohmann::ordered_json parameters;   // everything but inputs and outputs, by key
  std::vector<StagePath> inputs, outputs;
  std::vector<size_t> needs;  // indices into Pipeline::stages
  bool always = false, can_overwrite = false;
};

struct Pipeline {
  std::string name;
  std::vector<Stage> stages;  // each after those it needs
};

// The first input of `stage` that `other` makes, as the manifest writes it; "" when there is none.
std::string read_from(const Stage& stage, const Stage& other);

// Adds a problem for each flag, value, stage or cycle that a command would refuse, with its place in the
// manifest. What the schema has already reported (in `problems`) is not reported again.
Pipeline decode_pipeline(const Manifest& manifest, const Signatures& signatures, const sys::Env& env,
                         std::vector<Problem>& problems);

}  // namespace mlctl
