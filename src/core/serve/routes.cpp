#include "core/serve/routes.h"

#include <vector>

#include "core/base/strings.h"

namespace mlctl::serve {

std::optional<ModelPath> model_path(const std::string& path) {
  const std::vector<std::string> parts = split(path.substr(1), '/');
  if (parts.size() < 3 || parts[0] != "v2" || parts[1] != "models") return std::nullopt;
  const bool versioned = parts.size() > 4 && parts[3] == "versions";
  const size_t rest = versioned ? 5 : 3;
  if (parts.size() > rest + 1) return std::nullopt;
  return ModelPath{parts[2], versioned ? parts[4] : "", parts.size() > rest ? parts[rest] : ""};
}

std::string trimmed_path(const HttpRequest& request) {
  std::string path = request.path;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

bool is_inference(const std::string& path) {
  if (path == "/predict") return true;
  const std::optional<ModelPath> place = path.ends_with("/infer") ? model_path(path) : std::nullopt;
  return place && place->rest == "infer";
}

}  // namespace mlctl::serve
