#pragma once
// The configuration file (kind Config): named sets of defaults.

#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/sys/env.h"

namespace mlctl {

// Its spec, checked against the schema; {} when there is no file.
Result<nlohmann::ordered_json> read_config(const std::filesystem::path& file, const sys::Env& env);
// Writes the text of a Config manifest (0600) after checking it like read_config.
Result<> write_config(const std::filesystem::path& file, const std::string& text, const sys::Env& env);

// The profile in use: --profile, $MLCTL_PROFILE, spec.profile, or "default", which is always there.
std::string profile_name(const nlohmann::ordered_json& spec, const std::string& flag, const sys::Env& env);
// The values of a profile. One that is not there → 3 with the nearest.
Result<nlohmann::ordered_json> profile_values(const nlohmann::ordered_json& spec, const std::string& name);

// "awsProfile" → "MLCTL_AWS_PROFILE".
std::string setting_variable(const std::string& key);
// The value of a setting that no flag gives: of its variable, else of the profile.
std::optional<std::string> default_value(const nlohmann::ordered_json& values, const std::string& key,
                                         const sys::Env& env);

}  // namespace mlctl
