#include "cmd/resources/resources.h"
#include "cmd/shell/workspace.h"
#include "core/model/package.h"
#include "core/run/catalog.h"

namespace mlctl {

namespace {

Result<Removal> locate(Context&, const std::vector<RunRecord>& runs, const std::string& name) {
  return locate_folder(ResourceType::model, kModelMark, runs, name);
}

Result<> verify(Context& context, const std::string& name) {
  const LocalFiles copy = TRY(workspace(context).files(name));
  return open_model(copy.path).map([](auto&&) {});
}

Result<Answer> why(Inventory& inventory, const std::string& name) {
  return why_content(inventory, model_resource(), name, verify);
}

}  // namespace

const Resource& model_resource() {
  static const Resource row = {.type = ResourceType::model,
                               .view = model_view,
                               .has_evaluation = true,
                               .is_folder = true,
                               .locate = locate,
                               .remove = remove_folder,
                               .why = why};
  return row;
}

}  // namespace mlctl
