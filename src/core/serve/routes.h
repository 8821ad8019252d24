#pragma once
// What a request's path asks for.

#include <optional>
#include <string>

#include "core/net/http.h"

namespace mlctl::serve {

// "/v2/models/NAME[/versions/V][/REST]" in parts.
struct ModelPath {
  std::string model, version, rest;
};
std::optional<ModelPath> model_path(const std::string& path);

std::string trimmed_path(const HttpRequest& request);  // "/v2/" is "/v2"
bool is_inference(const std::string& path);            // /predict or …/infer

}  // namespace mlctl::serve
