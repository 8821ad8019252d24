#include "cmd/shell/flags.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "core/base/strings.h"
#include "core/manifest/config.h"

namespace mlctl {

struct Flags::State {
  CLI::App app;
  std::map<std::string, std::string> presets;  // of optional choices, by flag
  std::vector<FlagInfo> info;
  CLI::Option* last = nullptr;
  std::vector<std::pair<size_t, CLI::Option*>> filled;  // by fill(): the places in `info`
  std::optional<Error> refused;                         // the value that a check did not let pass

  void add(CLI::Option* option, FlagInfo declared) {
    info.push_back(std::move(declared));
    last = option;
    option->check([this, at = info.size() - 1](const std::string& text) -> std::string {
      const FlagInfo& flag = info[at];
      const Result<> checked = flag.check ? flag.check(text) : Result<>{};
      if (checked) return {};
      refused = checked.error();
      refused->code = Exit::usage;
      if (!refused->message.starts_with(flag.name)) refused->message.insert(0, flag.name + ": ");
      return refused->message;
    });
  }
};

namespace {

FlagInfo describe(const std::string& names, const std::string& value_name, const std::string& help,
                  Value value) {
  FlagInfo info;
  for (const std::string& name : split(names, ',')) {
    (name.starts_with("--") ? info.name : info.short_name) = name;
  }
  info.value_name = value_name;
  info.help = help;
  info.value = value;
  return info;
}

std::vector<std::string> long_names(const std::vector<FlagInfo>& infos) {
  std::vector<std::string> names;
  for (const FlagInfo& info : infos) {
    if (!info.positional) names.push_back(info.name);
  }
  return names;
}

// CLI11 says "The following argument was not expected: --epohcs"; people need the flag and the nearest real
// one.
Error unknown_argument(const std::string& argument, const std::vector<FlagInfo>& infos) {
  Error error{Exit::usage, fmt::format("unexpected argument \"{}\"", argument), {}, {}, {}};
  if (!argument.starts_with('-')) return error;
  const std::string name = argument.substr(0, argument.find('='));
  error.message = fmt::format("unknown flag \"{}\"", name);
  const std::string near = did_you_mean(name, long_names(infos));
  if (!near.empty()) error.hint = fmt::format("did you mean {}?", near);
  return error;
}

// CLI11 begins what it says with the name: "--epochs: 1 required TEXT missing", "SOURCE is required".
Error parse_error(const CLI::ParseError& error, const std::vector<FlagInfo>& infos) {
  constexpr std::string_view kSwitch = "Could not convert: ";  // "… --dry-run = maybe"
  std::string said = error.what();
  if (said.starts_with(kSwitch)) said.erase(0, kSwitch.size());
  const auto names_it = [&](const FlagInfo& info) {
    const std::string next = said.substr(0, info.name.size() + 1);
    return said.starts_with(info.name) && (next.ends_with(' ') || next.ends_with(':'));
  };
  const auto found = std::find_if(infos.begin(), infos.end(), names_it);
  if (found == infos.end()) return {Exit::usage, said, {}, {}, {}};
  const FlagInfo& info = *found;
  const std::string what = fmt::format("{}: {}", info.name, info.help);
  if (info.positional) return {Exit::usage, info.name + " is missing", {}, what, {}};
  if (info.value_name.empty())
    return {Exit::usage, info.name + " is a switch and takes no value", {}, what, {}};
  return {Exit::usage,
          fmt::format("{} needs a value", info.name),
          {},
          fmt::format("write {} {}: {}", info.name, info.value_name, info.help),
          {}};
}

}  // namespace

Flags::Flags() : state_(std::make_unique<State>()) {
  state_->app.set_help_flag();
}
Flags::~Flags() = default;

Flags& Flags::option(const std::string& names, const std::string& value_name, std::string& out,
                     const std::string& help, Value value) {
  CLI::Option* option = state_->app.add_option(names, out);
  state_->add(option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast),
              describe(names, value_name, help, value));
  return *this;
}

Flags& Flags::option(const std::string& names, const std::string& value_name, std::optional<std::string>& out,
                     const std::string& help, Value value) {
  CLI::Option* option =
      state_->app.add_option_function<std::string>(names, [&out](const std::string& text) { out = text; });
  state_->add(option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast),
              describe(names, value_name, help, value));
  return *this;
}

namespace {

Result<int64_t> whole_number(const std::string& text) {
  return parse_int(text);
}

Result<double> number(const std::string& text) {
  return parse_double(text);
}

// An option whose value `parse` has let pass when it is read.
template <class T, class State>
void add_number(State& state, const std::string& names, std::optional<T>& out, FlagInfo info,
                Result<T> (*parse)(const std::string&)) {
  CLI::Option* option = state.app.template add_option_function<std::string>(
      names, [&out, parse](const std::string& text) { out = *parse(text); });
  info.check = parses(parse);
  state.add(option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast), std::move(info));
}

Result<> one_of(const std::string& text, const std::vector<std::string>& choices) {
  for (const std::string& choice : choices) {
    // "jsonpath=" stands for a choice that carries its own value.
    if (text == choice || (choice.ends_with('=') && text.starts_with(choice))) return {};
  }
  const std::string near = did_you_mean(text, choices);
  return fail(Exit::usage, fmt::format("\"{}\" is none of {}", text, join(choices, ", ")),
              near.empty() ? "" : fmt::format("did you mean {}?", near));
}

}  // namespace

Flags& Flags::option(const std::string& names, const std::string& value_name, std::optional<int64_t>& out,
                     const std::string& help) {
  add_number(*state_, names, out, describe(names, value_name, help, Value::any), whole_number);
  return *this;
}

Flags& Flags::option(const std::string& names, const std::string& value_name, std::optional<double>& out,
                     const std::string& help) {
  add_number(*state_, names, out, describe(names, value_name, help, Value::any), number);
  return *this;
}

Flags& Flags::list(const std::string& names, const std::string& value_name, std::vector<std::string>& out,
                   const std::string& help, Value value) {
  CLI::Option* option = state_->app.add_option(names, out)->expected(1);
  FlagInfo info = describe(names, value_name, help, value);
  info.repeated = true;
  state_->add(option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll), std::move(info));
  return *this;
}

Flags& Flags::choice(const std::string& names, std::string& out, std::vector<std::string> choices,
                     const std::string& help) {
  CLI::Option* option = state_->app.add_option(names, out);
  FlagInfo info = describe(names, join(choices, "|"), help, Value::any);
  info.choices = std::move(choices);
  info.check = [choices = info.choices](const std::string& text) { return one_of(text, choices); };
  state_->add(option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast), std::move(info));
  return *this;
}

Flags& Flags::optional_choice(const std::string& name, std::string& out, std::vector<std::string> choices,
                              const std::string& preset, const std::string& help) {
  state_->presets[name] = preset;
  choice(name, out, std::move(choices), help);
  state_->info.back().value_name = "[" + state_->info.back().value_name + "]";
  return *this;
}

Flags& Flags::flag(const std::string& names, bool& out, const std::string& help) {
  state_->app.add_flag(names, out);
  state_->info.push_back(describe(names, "", help, Value::any));
  return *this;
}

Flags& Flags::positional(const std::string& name, std::string& out, const std::string& help, Value value,
                         bool required) {
  CLI::Option* option = state_->app.add_option(name, out)->required(required);
  FlagInfo info = describe("", name, help, value);
  info.name = name;
  info.positional = true;
  info.required = required;
  state_->add(option, std::move(info));
  return *this;
}

Flags& Flags::positionals(const std::string& name, std::vector<std::string>& out, const std::string& help,
                          Value value, bool required) {
  CLI::Option* option = state_->app.add_option(name, out)->required(required);
  FlagInfo info = describe("", name, help, value);
  info.name = name;
  info.positional = info.repeated = true;
  info.required = required;
  state_->add(option, std::move(info));
  return *this;
}

Flags& Flags::must(ValueCheck check) {
  ValueCheck& all = state_->info.back().check;
  all = [before = std::move(all), check = std::move(check)](const std::string& text) -> Result<> {
    if (before) TRY(before(text));
    return check(text);
  };
  return *this;
}

Flags& Flags::at_least(int64_t least) {
  return must([least](const std::string& text) -> Result<> {
    if (TRY(parse_int(text)) >= least) return {};
    return fail(Exit::usage, fmt::format("{} must be at least {}", text, least));
  });
}

Flags& Flags::between(int64_t least, int64_t most) {
  return must([least, most](const std::string& text) -> Result<> {
    const int64_t number = TRY(parse_int(text));
    if (number >= least && number <= most) return {};
    return fail(Exit::usage, fmt::format("{} is not {} to {}", text, least, most));
  });
}

Flags& Flags::setting(const std::string& key) {
  state_->filled.emplace_back(state_->info.size() - 1, state_->last);
  return setting_below_manifest(key);
}

Flags& Flags::setting_below_manifest(const std::string& key) {
  state_->info.back().setting = key;
  return *this;
}

void Flags::mark_global() {
  for (FlagInfo& info : state_->info) info.global = true;
}

namespace {

// "--mask-pii" alone becomes "--mask-pii=hash".
template <class State>
std::vector<std::string> with_presets(const std::vector<std::string>& arguments, const State& state) {
  std::vector<std::string> result;
  for (size_t i = 0; i < arguments.size(); ++i) {
    result.push_back(arguments[i]);
    const auto preset = state.presets.find(arguments[i]);
    if (preset == state.presets.end()) continue;
    const auto info = std::find_if(state.info.begin(), state.info.end(),
                                   [&](const FlagInfo& each) { return each.name == arguments[i]; });
    const std::string next = i + 1 < arguments.size() ? arguments[i + 1] : std::string();
    const bool given = std::find(info->choices.begin(), info->choices.end(), next) != info->choices.end();
    result.back() += "=" + (given ? next : preset->second);
    i += given;
  }
  return result;
}

}  // namespace

Result<> Flags::parse(const std::vector<std::string>& arguments) {
  std::vector<std::string> reversed = with_presets(arguments, *state_);
  std::reverse(reversed.begin(), reversed.end());  // CLI11 takes them last first
  try {
    state_->app.parse(reversed);
  } catch (const CLI::ExtrasError&) {
    const std::vector<std::string> extra = state_->app.remaining();
    return fail(unknown_argument(extra.empty() ? "" : extra.front(), state_->info));
  } catch (const CLI::ParseError& error) {
    return fail(state_->refused ? *state_->refused : parse_error(error, state_->info));
  }
  return {};
}

Result<> Flags::fill(const SettingSource& source) {
  for (const auto& [at, option] : state_->filled) {
    const FlagInfo& info = state_->info[at];
    const std::optional<std::string> text = option->count() == 0 ? source(info.setting) : std::nullopt;
    if (!text) continue;
    if (const Result<> checked = info.check ? info.check(*text) : Result<>{}; !checked)
      return fail(Exit::usage, setting_variable(info.setting) + ": " + checked.error().message,
                  checked.error().hint);
    option->add_result(*text);
    option->run_callback();  // cannot throw: the value was checked
  }
  return {};
}

const std::vector<FlagInfo>& Flags::info() const {
  return state_->info;
}

}  // namespace mlctl
