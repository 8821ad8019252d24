#include <fmt/format.h>

#include "cmd/show.h"

namespace mlctl {

namespace {

Result<Shown> summary(Inventory&, const std::string& name) {
  return fail(Exit::not_found, fmt::format("no endpoint \"{}\"", name));
}

}  // namespace

const ResourceView& endpoint_view() {
  static const ResourceView view = {
      ResourceType::endpoint, {"NAME", "STATUS", "URL", "MODEL", "AGE"}, 5, summary, summary};
  return view;
}

}  // namespace mlctl
