#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/output.h"
#include "core/base/strings.h"
#include "core/base/visible.h"
#include "core/manifest/config.h"
#include "core/manifest/schema.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

struct Options {
  std::string action, key, value;
};

constexpr const char* kActions[] = {"view", "get", "set", "use", "path"};

void declare(Flags& flags, Options& options) {
  flags.positional("ACTION", options.action, "view, get KEY, set KEY VALUE, use PROFILE or path", Value::any);
  flags.positional("KEY", options.key, "region, endpoint, device, output, …; for use: a profile", Value::any,
                   false);
  flags.positional("VALUE", options.value, "empty takes the key away", Value::any, false);
}

Result<> check(const Options& options) {
  const std::vector<std::string> actions(std::begin(kActions), std::end(kActions));
  if (std::find(actions.begin(), actions.end(), options.action) == actions.end()) {
    const std::string near = did_you_mean(options.action, actions);
    return fail(Exit::usage, fmt::format("config cannot \"{}\"", options.action),
                near.empty() ? "view, get, set, use or path" : fmt::format("did you mean {}?", near));
  }
  const bool needs_key = options.action == "get" || options.action == "set" || options.action == "use";
  if (needs_key && options.key.empty())
    return fail(Exit::usage, fmt::format("config {} needs a {}", options.action,
                                         options.action == "use" ? "profile" : "key"));
  return {};
}

// Text as the schema types it: a number where the key takes one.
Json typed(const std::string& key, const std::string& text) {
  const auto schema = find_schema("Config");
  const Json* node = schema ? schema_at(*schema, "spec.profiles.any." + key) : nullptr;
  if (node == nullptr || node->value("type", "") != "integer") return text;
  const Result<int64_t> number = parse_int(text);
  return number ? Json(*number) : Json(text);
}

Result<> view(const Options& options, Context& context, const Json& spec) {
  if (options.action == "path") {
    const std::string path = context.config_file().string();
    return print(context, document("ConfigPath", {{"path", path}}), path, [&](bool) { return path + "\n"; });
  }
  if (options.action == "view") {
    const Json result = document("Config", {{"spec", spec}});
    return print(context, result, "config", [&](bool) { return to_yaml(spec); });
  }
  const std::string profile = profile_name(spec, context.flags.profile, context.env);
  const Json values = TRY(profile_values(spec, profile));
  const auto value = default_value(values, options.key, context.env);
  if (!value)
    return fail(Exit::not_found, fmt::format("{} is not set in profile {}", options.key, profile),
                fmt::format("mlctl config set {} VALUE", options.key));
  return print(context, document("ConfigValue", {{"key", options.key}, {"value", *value}}), *value,
               [&](bool) { return visible(*value) + "\n"; });
}

Result<> write(const Context& context, const Json& spec) {
  const Json manifest = document("Config", {{"metadata", {{"name", "config"}}}, {"spec", spec}});
  return write_config(context.config_file(), to_yaml(manifest), context.env);
}

Result<> change(const Options& options, Context& context, Json spec) {
  if (options.action == "use") {
    TRY(profile_values(spec, options.key));
    spec["profile"] = options.key;
    context.io.note(fmt::format("profile {} is used from now on", options.key));
    return write(context, spec);
  }
  const std::string profile = profile_name(spec, context.flags.profile, context.env);
  if (options.value.empty()) {
    spec["profiles"][profile].erase(options.key);
  } else {
    spec["profiles"][profile][options.key] = typed(options.key, options.value);
  }
  TRY(write(context, spec));
  context.io.note(fmt::format("{} in profile {}",
                              options.value.empty() ? options.key + " taken away" : options.key + " set",
                              profile));
  return {};
}

RunResult run(const Options& options, Context& context) {
  const Json spec = options.action == "path" && context.flags.profile.empty()
                        ? Json::object()
                        : TRY(read_config(context.config_file(), context.env));
  const bool named = !context.flags.profile.empty() || context.env.get("MLCTL_PROFILE");
  if (named && options.action != "set")
    TRY(profile_values(spec, profile_name(spec, context.flags.profile, context.env)));
  const bool changes = options.action == "set" || options.action == "use";
  TRY(changes ? change(options, context, spec) : view(options, context, spec));
  return Exit::ok;
}

}  // namespace

const Command& config_command() {
  static const Command command(
      {"config", "setup", "Look at and change defaults, by profile",
       "view | get KEY | set KEY VALUE | use PROFILE | path",
       "mlctl config set seed 7\n"
       "mlctl config set region eu-central-1 --profile work\n"
       "mlctl config use work\n"
       "mlctl config get region\n"
       "mlctl config view -o json",
       "Precedence: flag, --set, manifest, MLCTL_* variable, profile, default. "
       "mlctl explain config.spec lists the keys. "
       "The profile \"default\" is always there, and is used until another is: config set --profile NAME\n"
       "makes a profile, config use NAME switches to it."},
      declare, check, run);
  return command;
}

}  // namespace mlctl
