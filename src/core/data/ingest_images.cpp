#include "core/data/ingest_work.h"

namespace mlctl {

Result<IngestOutcome> ingest_images(IngestWork&) {
  return fail(Exit::usage, "images: not yet");
}

}  // namespace mlctl
