#pragma once
// Declares a command's flags and positionals once: parsing (CLI11, behind this facade), help and completion
// all come from the declarations.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace mlctl {

// What kind of thing a value names, so that Tab can offer it.
enum class Value {
  any,
  file,
  folder,
  dataset,
  model,
  endpoint,
  run,
  url,
  stored,
  manifest,
  shell,
  topic,
  resource,  // a type or TYPE/NAME; after a type, a name of that type
  command,
  service,  // a model or an endpoint
  setting,  // KEY=VALUE of a manifest
  field,    // a manifest's key: train.spec.epochs
  gate,     // METRIC>=VALUE
  profile
};

// Checks a value; the error says why it is not allowed.
using ValueCheck = std::function<Result<>(const std::string& text)>;

// The value that the environment or the profile gives for a key such as "device".
using SettingSource = std::function<std::optional<std::string>(const std::string& key)>;

// Turns a parser into a check.
template <class T>
ValueCheck parses(Result<T> (*parse)(const std::string&)) {
  return [parse](const std::string& text) { return parse(text).map([](const T&) {}); };
}

struct FlagInfo {
  std::string name;        // "--lr" ; positionals: "DATASET"
  std::string short_name;  // "-f" or ""
  std::string value_name;  // "X"; empty for a switch
  std::string help;
  std::vector<std::string> choices;
  Value value = Value::any;
  ValueCheck check{};     // none: any text
  std::string setting{};  // "device": without the flag, $MLCTL_DEVICE or the profile's device is used
  bool positional = false, required = false, repeated = false, global = false;
};

class Flags {
 public:
  Flags();
  ~Flags();
  Flags(const Flags&) = delete;
  Flags& operator=(const Flags&) = delete;

  // names: "--lr", or "-f,--file". The variable keeps its initial value when the flag is not given.
  Flags& option(const std::string& names, const std::string& value_name, std::string& out,
                const std::string& help, Value value = Value::any);
  Flags& option(const std::string& names, const std::string& value_name, std::optional<std::string>& out,
                const std::string& help, Value value = Value::any);
  Flags& option(const std::string& names, const std::string& value_name, std::optional<int64_t>& out,
                const std::string& help);
  Flags& option(const std::string& names, const std::string& value_name, std::optional<double>& out,
                const std::string& help);
  Flags& list(const std::string& names, const std::string& value_name, std::vector<std::string>& out,
              const std::string& help, Value value = Value::any);  // repeatable
  Flags& choice(const std::string& names, std::string& out, std::vector<std::string> choices,
                const std::string& help);
  // A choice that may be left out after the flag: "--mask-pii" is "--mask-pii PRESET". A following word is
  // taken as its value only if it is one of the choices.
  Flags& optional_choice(const std::string& name, std::string& out, std::vector<std::string> choices,
                         const std::string& preset, const std::string& help);
  Flags& flag(const std::string& names, bool& out, const std::string& help);
  Flags& positional(const std::string& name, std::string& out, const std::string& help,
                    Value value = Value::any, bool required = true);
  Flags& positionals(const std::string& name, std::vector<std::string>& out, const std::string& help,
                     Value value = Value::any, bool required = true);

  // Adds a check to the flag declared last.
  Flags& must(ValueCheck check);
  Flags& at_least(int64_t least);
  Flags& between(int64_t least, int64_t most);

  // Gives the flag declared last a setting of this key, which fill() puts in.
  Flags& setting(const std::string& key);
  // The same, but the command itself puts it in, where its manifest gives no value.
  Flags& setting_below_manifest(const std::string& key);

  // Everything declared until now is shared by all commands ("Global flags" in the help).
  void mark_global();

  // Errors are usage errors (2) with a did-you-mean.
  Result<> parse(const std::vector<std::string>& arguments);
  // Gives every flag that was not given the value of its setting.
  Result<> fill(const SettingSource& source);
  const std::vector<FlagInfo>& info() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mlctl
