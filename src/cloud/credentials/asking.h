#pragma once
// What every source of keys is given, and what it answers.

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>

#include "cloud/credentials/source.h"
#include "core/net/http.h"
#include "core/sys/env.h"

namespace mlctl::keys {

struct Asking {
  std::string profile;  // "" = as the vendor's variable says, else its default
  const sys::Env& env;
  sys::Clock& clock;
  Http& http;
  double patience = 60;  // seconds to wait for a program that prints keys
};

// No value: this source is not set up, so the next one is asked. An error: it is set up but broken, which
// ends the search.
using Found = Result<std::optional<Credentials>>;

struct Source {
  std::string place;  // for people: "the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
  std::function<Found(const Asking&)> look;
  // The maker of the machines whose metadata server this source asks, as their firmware spells it; "" for
  // any other source.
  std::string maker{};
};

bool is_true(const sys::Env& env, const char* name);  // "true" or "1"
// $variable, or `usual` below the home folder; "~/" is expanded. "" without a home folder.
std::filesystem::path file_named(const sys::Env& env, const char* variable, const std::string& usual);

// Keys in variables; `token` may be unset. One of the pair without the other → 4.
struct KeyVariables {
  const char *id, *secret, *token;
};
Found keys_in_variables(const sys::Env& env, const KeyVariables& names);

}  // namespace mlctl::keys
