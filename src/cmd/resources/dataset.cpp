#include "core/data/dataset.h"
#include "cmd/resources/resources.h"
#include "cmd/shell/progress.h"
#include "cmd/shell/workspace.h"
#include "core/run/catalog.h"

namespace mlctl {

namespace {

Result<Removal> locate(Context&, const std::vector<RunRecord>& runs, const std::string& name) {
  return locate_folder(ResourceType::dataset, kDatasetMark, runs, name);
}

Result<> verify(Context& context, const std::string& name) {
  if (!is_stored(name)) return verify_dataset(name, TRY(open_dataset(name)));
  StoredShards shards = TRY(workspace(context).stored_dataset(name));
  Progress bar(context, "compare", "B", shards.bytes());
  return shards.compare([&](std::string_view bytes) -> Result<> {
    bar.advance(bytes.size());
    return {};
  });
}

Result<Answer> why(Inventory& inventory, const std::string& name) {
  return why_content(inventory, dataset_resource(), name, verify);
}

}  // namespace

const Resource& dataset_resource() {
  static const Resource row = {.type = ResourceType::dataset,
                               .view = dataset_view,
                               .is_folder = true,
                               .locate = locate,
                               .remove = remove_folder,
                               .why = why};
  return row;
}

}  // namespace mlctl
