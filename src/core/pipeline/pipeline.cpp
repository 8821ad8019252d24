#include "core/pipeline/pipeline.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/data/dataset.h"
#include "core/manifest/apply.h"
#include "core/store/location.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

std::string scalar_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

// The place of a path's file, whatever it is called: "a/../b:train" and "b" are one.
std::string same_place(const std::string& path) {
  if (is_url(path) && !local_path(path)) {
    auto [url, split] = split_suffix(path);
    while (url.ends_with('/')) url.pop_back();
    return url;
  }
  std::string folder = parse_dataset_ref(path).folder.lexically_normal().string();
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return folder;
}

class Decoder {
 public:
  Decoder(const Manifest& manifest, const Signatures& signatures, const sys::Env& env,
          std::vector<Problem>& problems)
      : manifest_(manifest), signatures_(signatures), env_(env), problems_(problems) {
    for (const Problem& problem : problems) faulty_.insert(problem.path);
  }

  Pipeline decode() {
    const Json stages = part<Json::array_t>(manifest_.spec, "stages");
    for (size_t at = 0; at < stages.size(); ++at) add_stage(stages[at], fmt::format("spec.stages[{}]", at));
    for (size_t at = 0; at < stages.size(); ++at) add_needs(stages[at], at);
    return {manifest_.name, in_order()};
  }

 private:
  // A part of a map, or an empty one where the schema reported a problem.
  template <class T>
  static T part(const Json& map, const char* key) {
    const T* found = map.is_object() && map.contains(key) ? map.at(key).get_ptr<const T*>() : nullptr;
    return found == nullptr ? T{} : *found;
  }

  void problem(const std::string& path, std::string message, std::string hint = {}) {
    problem(manifest_.place(path), path, std::move(message), std::move(hint));
  }

  void problem(TextPlace place, const std::string& path, std::string message, std::string hint) {
    if (faulty_.insert(path).second) problems_.push_back({place, path, std::move(message), std::move(hint)});
  }

  void add_stage(const Json& spec, const std::string& path) {
    Stage stage;
    stage.path = path;
    stage.name = part<std::string>(spec, "name");
    stage.command = part<std::string>(spec, "run");
    for (const Stage& other : stages_) {
      if (other.name == stage.name && !stage.name.empty())
        problem(path + ".name", fmt::format("a stage \"{}\" was there before", stage.name));
    }
    const Signature* signature = signatures_(stage.command);
    if (signature == nullptr) {
      problem(path + ".run", fmt::format("this mlctl has no command {}", stage.command));
    } else {
      stage.always = signature->always;
      const size_t problems_before = problems_.size();
      const Json with = part<Json::object_t>(spec, "with");
      read_arguments(with, *signature, path + ".with", stage);
      if (problems_.size() == problems_before) check_whole(with, *signature, path + ".with", stage);
    }
    stages_.push_back(std::move(stage));
  }

  void refuse_unknown(const Json& with, const Signature& signature, const std::string& path,
                      const std::string& command) {
    std::vector<std::string> keys;
    for (const StageFlag& parameter : signature.parameters) keys.push_back(parameter.key);
    for (const auto& [key, value] : with.items()) {
      if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
      const std::string near = did_you_mean(key, keys), at = path + "." + key;
      const auto place = manifest_.keys.find(at);
      problem(place == manifest_.keys.end() ? manifest_.place(at) : place->second, at,
              fmt::format("{} has no flag or argument \"{}\"", command, key),
              near.empty() ? "they are " + join(keys, ", ") : fmt::format("did you mean {}?", near));
    }
  }

  // Adds the problems of all flags together, at the value that the command names, if it names one.
  void check_whole(const Json& with, const Signature& signature, const std::string& path,
                   const Stage& stage) {
    const Result<> checked = signature.check ? signature.check(stage.arguments) : Result<>{};
    if (checked) return;
    const std::string& message = checked.error().message;
    std::string at = path;
    for (const StageFlag& parameter : signature.parameters) {
      const std::string name =
          parameter.flag.empty() ? join(texts(with, parameter.key), " ") : parameter.flag;
      const bool named = message.starts_with(name + " ") || message.starts_with(name + ":");
      if (with.contains(parameter.key) && named) at = path + "." + parameter.key;
    }
    problem(at, fmt::format("{}: {}", stage.command, message), checked.error().hint);
  }

  void read_arguments(const Json& with, const Signature& signature, const std::string& path, Stage& stage) {
    const size_t problems_before = problems_.size();
    refuse_unknown(with, signature, path, stage.command);
    const bool known = problems_.size() == problems_before;  // else what is missing may be there misspelt
    std::vector<std::string> positionals;
    for (const StageFlag& parameter : signature.parameters) {
      stage.can_overwrite |= parameter.key == "overwrite" && !with.contains("overwrite");
      if (with.contains(parameter.key)) {
        add_argument(parameter, with.at(parameter.key), path + "." + parameter.key, stage, positionals);
      } else if (parameter.required && known) {
        problem(path, fmt::format("{} needs \"{}\"", stage.command, parameter.key));
      }
    }
    add_manifest_paths(with, signature, path, stage);
    if (!positionals.empty()) stage.arguments.emplace_back("--");
    stage.arguments.insert(stage.arguments.end(), positionals.begin(), positionals.end());
  }

  void add_argument(const StageFlag& parameter, const Json& value, const std::string& path, Stage& stage,
                    std::vector<std::string>& positionals) {
    if (value.is_boolean() && !parameter.flag.empty()) {
      if (value.get<bool>()) stage.arguments.push_back(parameter.flag);
      stage.parameters[parameter.key] = value;
      return;
    }
    if (!parameter.takes_value) {
      problem(path, "is a switch: true or false");
      return;
    }
    const Json list = value.is_array() ? value : Json::array({value});
    if (list.size() > 1 && !parameter.repeated) problem(path, "can be given only once");
    for (size_t at = 0; at < list.size(); ++at) {
      std::string text = scalar_text(list[at]);
      const Result<> checked = parameter.check ? parameter.check(text) : Result<>{};
      if (!checked) {
        problem(value.is_array() ? fmt::format("{}[{}]", path, at) : path, checked.error().message,
                checked.error().hint);
      }
      if (parameter.use == Use::parameter) {
        stage.parameters[parameter.key].push_back(text);
      } else {
        const StagePath path_of{text, from_manifest(text), parameter.key};
        (parameter.use == Use::output ? stage.outputs : stage.inputs).push_back(path_of);
        text = path_of.path;
      }
      if (parameter.flag.empty()) {
        positionals.push_back(text);
      } else {
        stage.arguments.push_back(fmt::format("{}={}", parameter.flag, text));
      }
    }
  }

  // Adds the paths that a stage's own manifest names and its flags do not override, and the problems in
  // that manifest.
  void add_manifest_paths(const Json& with, const Signature& signature, const std::string& path,
                          Stage& stage) {
    const std::vector<std::string> sets = texts(with, "set");
    for (const StageFlag& parameter : signature.parameters) {
      if (parameter.use != Use::manifest) continue;
      for (const std::string& file : texts(with, parameter.key)) {
        const auto manifest = load_manifest(from_manifest(file), sets, env_, kind_of(stage.command));
        if (!manifest) {
          const Error& error = manifest.error();
          const std::string where = error.where.empty() ? "" : error.where + ": ";
          problem(path + "." + parameter.key, where + error.message, error.hint);
          continue;
        }
        for (const ManifestPath& named : paths_of(*manifest)) {
          if (with.contains(named.key)) continue;
          (named.output ? stage.outputs : stage.inputs).push_back({named.path, named.path, parameter.key});
        }
      }
    }
  }

  static std::vector<std::string> texts(const Json& with, const std::string& key) {
    std::vector<std::string> found;
    if (!with.contains(key)) return found;
    const Json& value = with.at(key);
    for (const Json& each : value.is_array() ? value : Json::array({value}))
      found.push_back(scalar_text(each));
    return found;
  }

  std::string from_manifest(const std::string& path) const {
    const std::filesystem::path& folder = manifest_.folder;
    if (is_url(path) || path.starts_with('/') || path == "-" || folder.empty() || folder == ".") return path;
    return (folder / path).lexically_normal().string();
  }

  void add_needs(const Json& spec, size_t at) {
    std::vector<std::string> names;
    for (const Stage& stage : stages_) names.push_back(stage.name);
    const Json needs = part<Json::array_t>(spec, "needs");
    for (size_t n = 0; n < needs.size(); ++n) {
      const std::string name = scalar_text(needs[n]);
      const auto found = std::find(names.begin(), names.end(), name);
      if (found != names.end()) {
        stages_[at].needs.push_back(static_cast<size_t>(found - names.begin()));
        continue;
      }
      const std::string near = did_you_mean(name, names);
      problem(fmt::format("spec.stages[{}].needs[{}]", at, n), fmt::format("there is no stage \"{}\"", name),
              near.empty() ? "" : fmt::format("did you mean {}?", near));
    }
    add_readers(at);
  }

  // A stage that reads what another one leaves needs it.
  void add_readers(size_t at) {
    for (size_t other = 0; other < stages_.size(); ++other) {
      if (other != at && !read_from(stages_[other], stages_[at]).empty()) stages_[other].needs.push_back(at);
    }
    for (const StagePath& output : stages_[at].outputs) {
      for (size_t other = 0; other < stages_.size(); ++other) {
        for (const StagePath& same : stages_[other].outputs) {
          if (other < at && same_place(same.path) == same_place(output.path))
            problem(fmt::format("spec.stages[{}]", at),
                    fmt::format("writes {}, as stage \"{}\" does", output.given, stages_[other].name));
        }
      }
    }
  }

  // Depth first, so that stages keep the order of the file where their needs allow it.
  std::vector<Stage> in_order() {
    std::vector<Stage> ordered;
    marks_.assign(stages_.size(), 0);
    places_.assign(stages_.size(), 0);
    for (size_t at = 0; at < stages_.size(); ++at) {
      if (!visit(at, ordered)) break;
    }
    return ordered;
  }

  bool visit(size_t at, std::vector<Stage>& ordered) {
    if (marks_[at] == 2) return true;
    trail_.push_back(at);
    if (marks_[at] == 1) return circle(at);
    marks_[at] = 1;
    Stage stage = stages_[at];
    std::sort(stage.needs.begin(), stage.needs.end());
    stage.needs.erase(std::unique(stage.needs.begin(), stage.needs.end()), stage.needs.end());
    for (size_t& need : stage.needs) {
      if (!visit(need, ordered)) return false;
      need = places_[need];
    }
    marks_[at] = 2;
    trail_.pop_back();
    places_[at] = ordered.size();
    ordered.push_back(std::move(stage));
    return true;
  }

  bool circle(size_t at) {
    std::vector<std::string> names;
    for (auto each = std::find(trail_.begin(), trail_.end(), at); each != trail_.end(); ++each)
      names.push_back(stages_[*each].name);
    problem(fmt::format("spec.stages[{}].needs", at), "stages need each other: " + join(names, " needs "));
    return false;
  }

  const Manifest& manifest_;
  const Signatures& signatures_;
  const sys::Env& env_;
  std::vector<Problem>& problems_;
  std::set<std::string> faulty_;  // paths with a problem already
  std::vector<Stage> stages_;
  std::vector<int> marks_;      // 1: being visited, 2: placed
  std::vector<size_t> places_;  // in the result
  std::vector<size_t> trail_;
};

}  // namespace

std::string read_from(const Stage& stage, const Stage& other) {
  for (const StagePath& input : stage.inputs) {
    for (const StagePath& output : other.outputs) {
      if (same_place(input.path) == same_place(output.path)) return input.given;
    }
  }
  return {};
}

namespace {

// Puts variables' names in place of their values in what staleness compares, because that is kept in a
// file; digests still tell different values apart.
void name_variables(Pipeline& pipeline, std::vector<Expansion> expansions) {
  for (Expansion& each : expansions)
    each.written += fmt::format(" (sha256 {})", sha256_hex(each.value).substr(0, 12));
  for (Stage& stage : pipeline.stages) {
    stage.parameters = as_written(std::move(stage.parameters), expansions);
    for (auto* paths : {&stage.inputs, &stage.outputs})
      for (StagePath& each : *paths) each.given = as_written(std::move(each.given), expansions);
  }
}

}  // namespace

Pipeline decode_pipeline(const Manifest& manifest, const Signatures& signatures, const sys::Env& env,
                         std::vector<Problem>& problems) {
  Pipeline pipeline = Decoder(manifest, signatures, env, problems).decode();
  name_variables(pipeline, manifest.expansions);
  sort_by_place(problems);
  return pipeline;
}

}  // namespace mlctl
