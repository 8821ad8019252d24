#include "cmd/resources/resources.h"

#include <array>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/run/catalog.h"
#include "core/run/lineage.h"
#include "core/sys/fs.h"

namespace mlctl {

const Resource& resource(ResourceType type) {
  static const std::array all = {&run_resource(), &dataset_resource(), &model_resource(),
                                 &endpoint_resource()};
  for (const Resource* each : all) {
    if (each->type == type) return *each;
  }
  return run_resource();
}

const ResourceView& view_of(ResourceType type) {
  return resource(type).view();
}

Result<Removal> locate_folder(ResourceType type, const char* mark, const std::vector<RunRecord>& runs,
                              const std::string& name) {
  const auto folder = TRY(find_in_catalog(runs, mark, name));
  return Removal{type, folder.string(), folder};
}

Result<> remove_folder(Context&, const Removal& removal) {
  return sys::remove_tree(removal.folder);
}

Result<Answer> why_content(Inventory& inventory, const Resource& kind, const std::string& name,
                           Result<> (*verify)(Context&, const std::string& path)) {
  const Shown shown = TRY(kind.view().summary(inventory, name));
  const std::string path = shown.document["name"];
  Answer answer{shown.name, {true, "it is whole: every file is as it was made", ""}};
  answer.sources = made_by(inventory.runs, {path, shown.document["digest"]});
  if (const Result<> whole = verify(inventory.context, path); !whole) {
    answer.cause = {false, sentence(whole.error()), whole.error().hint};
    answer.code = whole.error().code;
    return answer;
  }
  if (!kind.has_evaluation || shown.document["evaluation"].is_null()) return answer;
  for (const Json& gate : shown.document["evaluation"].value("gates", Json::array())) {
    if (gate["passed"] == false)
      answer.cause = {false,
                      fmt::format("its newest evaluation failed the gate {}: {}", readable(gate["expr"]),
                                  readable(gate["value"])),
                      "train longer, clean the data, or deploy with --force, which is recorded"};
  }
  return answer;
}

}  // namespace mlctl
