#include "cmd/shell/pipelines.h"

#include <algorithm>
#include <map>
#include <memory>

#include "cmd/shell/app.h"
#include "cmd/shell/command.h"
#include "core/base/strings.h"

namespace mlctl {

namespace {

bool is_one_of(const std::string& text, std::initializer_list<const char*> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

Use use_of(const std::string& command, const FlagInfo& info) {
  if (is_one_of(info.name, {"--to", "--report"})) return Use::output;
  if (command == "upload" && info.value == Value::url) return Use::output;
  if (command == "download" && info.positional)
    return info.value == Value::stored || info.name == "URL" ? Use::input : Use::output;
  switch (info.value) {
    case Value::file:
    case Value::folder:
    case Value::dataset:
    case Value::model:
    case Value::stored:
      return Use::input;
    case Value::manifest:
      return Use::manifest;
    default:
      return Use::parameter;
  }
}

Signature signature_of(const Command& command) {
  Signature signature;
  signature.always = is_one_of(command.spec().name, {"monitor", "predict"});
  for (const FlagInfo& info : flag_table(&command)) {
    if (info.global) continue;
    StageFlag parameter;
    parameter.flag = info.positional ? "" : info.name;
    parameter.key = info.positional ? to_lower(info.name) : info.name.substr(2);
    parameter.takes_value = info.positional || !info.value_name.empty();
    parameter.repeated = info.repeated;
    parameter.required = info.required;
    parameter.use = use_of(command.spec().name, info);
    parameter.check = info.check;
    signature.parameters.push_back(std::move(parameter));
  }
  signature.check = [&command](const std::vector<std::string>& arguments) {
    return check_command(command, arguments);
  };
  return signature;
}

}  // namespace

Signatures command_signatures() {
  auto known = std::make_shared<std::map<std::string, Signature>>();
  return [known](const std::string& name) -> const Signature* {
    const Command* command = find_command(name);
    if (command == nullptr) return nullptr;
    auto found = known->find(name);
    if (found == known->end()) found = known->emplace(name, signature_of(*command)).first;
    return &found->second;
  };
}

Pipeline pipeline_of(const Manifest& manifest, const sys::Env& env) {
  std::vector<Problem> known;
  return decode_pipeline(manifest, command_signatures(), env, known);
}

}  // namespace mlctl
