#include "core/pipeline/pipeline.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/data/dataset.h"
#include "core/manifest/apply.h"
#include "core/store/location.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

std::string scalar_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// The place of a path's file, whatever it is called: "a/../b:train" and "b" are one.
std::string same_place(const std::string& path) {
  std::string folder = parse_dataset_ref(path).folder.lexically_normal().string();
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return folder;
}

class Decoder {
 public:
  Decoder(const Manifest& manifest, const Signatures& signatures, const sys::Env& env,
          std::vector<Problem>& problems)
      : manifest_(manifest), signatures_(signatures), env_(env), problems_(problems) {}

  Pipeline decode() {
    const Json& stages = manifest_.spec.at("stages");
    for (size_t at = 0; at < stages.size(); ++at) add_stage(stages[at], fmt::format("spec.stages[{}]", at));
    for (size_t at = 0; at < stages.size(); ++at) add_needs(stages[at], at);
    return {manifest_.name, in_order()};
  }

 private:
  void problem(const std::string& path, std::string message, std::string hint = {}) {
    std::string at = path;
    while (!at.empty() && !manifest_.has(at)) at.resize(std::min(at.find_last_of(".["), at.size() - 1));
    const auto place = manifest_.places.find(at);
    problems_.push_back({place == manifest_.places.end() ? TextPlace{} : place->second, path,
                         std::move(message), std::move(hint)});
  }

  void add_stage(const Json& spec, const std::string& path) {
    Stage stage;
    stage.name = spec.at("name").get<std::string>();
    stage.command = spec.at("run").get<std::string>();
    for (const Stage& other : stages_) {
      if (other.name == stage.name)
        problem(path + ".name", fmt::format("a stage \"{}\" was there before", stage.name));
    }
    const Signature* signature = signatures_(stage.command);
    if (signature == nullptr) {
      problem(path + ".run", fmt::format("this mlctl has no command {}", stage.command));
    } else {
      stage.always = signature->always;
      read_arguments(spec.value("with", Json::object()), *signature, path + ".with", stage);
    }
    stages_.push_back(std::move(stage));
  }

  void read_arguments(const Json& with, const Signature& signature, const std::string& path, Stage& stage) {
    std::vector<std::string> keys;
    for (const StageFlag& parameter : signature.parameters) keys.push_back(parameter.key);
    for (const auto& [key, value] : with.items()) {
      if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
      const std::string near = did_you_mean(key, keys);
      problem(path + "." + key, fmt::format("{} has no flag or argument \"{}\"", stage.command, key),
              near.empty() ? fmt::format("mlctl {} --help lists them", stage.command)
                           : fmt::format("did you mean {}?", near));
    }
    std::vector<std::string> positionals;
    for (const StageFlag& parameter : signature.parameters) {
      stage.can_overwrite |= parameter.key == "overwrite" && !with.contains("overwrite");
      if (with.contains(parameter.key)) {
        add_argument(parameter, with.at(parameter.key), path + "." + parameter.key, stage, positionals);
      } else if (parameter.required) {
        problem(path, fmt::format("{} needs \"{}\"", stage.command, parameter.key));
      }
    }
    add_manifest_paths(with, signature, stage);
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
    for (const Json& each : list) {
      std::string text = scalar_text(each);
      if (parameter.use == Use::parameter) {
        stage.parameters[parameter.key].push_back(text);
      } else {
        const StagePath path_of{text, from_manifest(text)};
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

  // What the manifests of a stage name and its flags do not. One that cannot be read is the command's to
  // tell.
  void add_manifest_paths(const Json& with, const Signature& signature, Stage& stage) {
    const std::vector<std::string> sets = texts(with, "set");
    for (const StageFlag& parameter : signature.parameters) {
      if (parameter.use != Use::manifest) continue;
      for (const std::string& file : texts(with, parameter.key)) {
        const auto documents = read_document_file(from_manifest(file), sets, env_);
        for (const ManifestDocument& each : documents.value_or(std::vector<ManifestDocument>{})) {
          for (const ManifestPath& named : paths_of(each.manifest)) {
            if (with.contains(named.key)) continue;
            (named.output ? stage.outputs : stage.inputs).push_back({named.path, named.path});
          }
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
    const Json needs = spec.value("needs", Json::array());
    for (size_t n = 0; n < needs.size(); ++n) {
      const auto name = needs[n].get<std::string>();
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

  // Who reads what a stage leaves, needs it.
  void add_readers(size_t at) {
    for (const StagePath& output : stages_[at].outputs) {
      for (size_t other = 0; other < stages_.size(); ++other) {
        for (const StagePath& input : stages_[other].inputs) {
          if (other != at && same_place(input.path) == same_place(output.path))
            stages_[other].needs.push_back(at);
        }
        for (const StagePath& same : stages_[other].outputs) {
          if (other < at && same_place(same.path) == same_place(output.path))
            problem(fmt::format("spec.stages[{}]", at),
                    fmt::format("writes {}, as stage \"{}\" does", output.given, stages_[other].name));
        }
      }
    }
  }

  // Depth first, so that stages keep the order of the file where nothing asks for another.
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
  std::vector<Stage> stages_;
  std::vector<int> marks_;      // 1: being visited, 2: placed
  std::vector<size_t> places_;  // in the result
  std::vector<size_t> trail_;
};

}  // namespace

Pipeline decode_pipeline(const Manifest& manifest, const Signatures& signatures, const sys::Env& env,
                         std::vector<Problem>& problems) {
  return Decoder(manifest, signatures, env, problems).decode();
}

}  // namespace mlctl
