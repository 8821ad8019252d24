#include "core/engine/engine.h"

namespace mlctl {

Result<Engine*> load_engine() {
  return fail(Exit::resource, "the training engine is not built in yet");
}

}  // namespace mlctl
