#include "cmd/flags.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "core/base/strings.h"

namespace mlctl {

struct Flags::State {
  CLI::App app;
  std::map<std::string, std::string> presets;  // of optional choices, by flag
  std::vector<FlagInfo> info;
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

}  // namespace

Flags::Flags() : state_(std::make_unique<State>()) {
  state_->app.set_help_flag();
}
Flags::~Flags() = default;

Flags& Flags::option(const std::string& names, const std::string& value_name, std::string& out,
                     const std::string& help, Value value) {
  state_->app.add_option(names, out)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  state_->info.push_back(describe(names, value_name, help, value));
  return *this;
}

Flags& Flags::option(const std::string& names, const std::string& value_name, std::optional<std::string>& out,
                     const std::string& help, Value value) {
  state_->app.add_option_function<std::string>(names, [&out](const std::string& text) { out = text; })
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  state_->info.push_back(describe(names, value_name, help, value));
  return *this;
}

namespace {
template <class T>
std::function<void(const std::string&)> number_into(std::optional<T>& out,
                                                    Result<T> (*parse)(std::string_view),
                                                    const std::string& names) {
  return [&out, parse, names](const std::string& text) {
    Result<T> number = parse(text);
    if (!number) throw CLI::ValidationError(names, number.error().message);
    out = *number;
  };
}
}  // namespace

Flags& Flags::option(const std::string& names, const std::string& value_name, std::optional<int64_t>& out,
                     const std::string& help) {
  state_->app.add_option_function<std::string>(names, number_into(out, parse_int, names))
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  state_->info.push_back(describe(names, value_name, help, Value::any));
  return *this;
}

Flags& Flags::option(const std::string& names, const std::string& value_name, std::optional<double>& out,
                     const std::string& help) {
  state_->app.add_option_function<std::string>(names, number_into(out, parse_double, names))
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  state_->info.push_back(describe(names, value_name, help, Value::any));
  return *this;
}

Flags& Flags::list(const std::string& names, const std::string& value_name, std::vector<std::string>& out,
                   const std::string& help, Value value) {
  state_->app.add_option(names, out)->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  state_->info.push_back(describe(names, value_name, help, value));
  state_->info.back().repeated = true;
  return *this;
}

Flags& Flags::choice(const std::string& names, std::string& out, std::vector<std::string> choices,
                     const std::string& help) {
  const auto known = choices;
  const auto check = [known](const std::string& text) -> std::string {
    for (const std::string& choice : known) {
      // "jsonpath=" stands for a choice that carries its own value.
      if (text == choice || (choice.ends_with('=') && text.starts_with(choice))) return {};
    }
    const std::string near = did_you_mean(text, known);
    return fmt::format("\"{}\" is none of {}{}", text, join(known, ", "),
                       near.empty() ? "" : fmt::format("; did you mean {}?", near));
  };
  state_->app.add_option(names, out)->check(check)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  state_->info.push_back(describe(names, join(choices, "|"), help, Value::any));
  state_->info.back().choices = std::move(choices);
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
  state_->app.add_option(name, out)->required(required);
  FlagInfo info = describe("", name, help, value);
  info.name = name;
  info.positional = true;
  info.required = required;
  state_->info.push_back(std::move(info));
  return *this;
}

Flags& Flags::positionals(const std::string& name, std::vector<std::string>& out, const std::string& help,
                          Value value, bool required) {
  state_->app.add_option(name, out)->required(required);
  FlagInfo info = describe("", name, help, value);
  info.name = name;
  info.positional = info.repeated = true;
  info.required = required;
  state_->info.push_back(std::move(info));
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
  } catch (const CLI::RequiredError& error) {
    return fail(
        Exit::usage,
        fmt::format("{} is missing",
                    std::string(error.what()).substr(0, std::string(error.what()).find(" is required"))));
  } catch (const CLI::ParseError& error) {
    return fail(Exit::usage, error.what());
  }
  return {};
}

const std::vector<FlagInfo>& Flags::info() const {
  return state_->info;
}

}  // namespace mlctl
