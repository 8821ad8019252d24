#pragma once
// A Pipeline manifest as stages in an order that can run: each one a command line of mlctl, with what it
// reads and what it leaves.

#include <functional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/manifest/manifest.h"

namespace mlctl {

// What a flag's value means to staleness.
enum class Use { parameter, input, output, manifest };  // a manifest names inputs and outputs itself

// A flag or argument of a command, as the command line declares it.
struct StageFlag {
  std::string key;   // as in `with`: "min-size", "dataset"
  std::string flag;  // "--min-size"; empty for a positional argument
  bool takes_value = true, repeated = false, required = false;
  Use use = Use::parameter;
};
struct Signature {
  std::vector<StageFlag> parameters;
  bool always = false;  // looks at the world (monitor, predict): nothing says that it can be left out
};
// The signature of a command, or null where there is no such command.
using Signatures = std::function<const Signature*(const std::string& command)>;

// A path as the manifest has it, and from the working folder.
struct StagePath {
  std::string given, path;
};

struct Stage {
  std::string name, command;
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

// A problem for each unknown flag, stage or circle, with its place in the manifest.
Pipeline decode_pipeline(const Manifest& manifest, const Signatures& signatures, const sys::Env& env,
                         std::vector<Problem>& problems);

}  // namespace mlctl
