#pragma once
// Where Google's own command lines (gcloud, gsutil) find keys.

#include <vector>

#include "cloud/credentials/asking.h"

namespace mlctl::keys {

const std::vector<Source>& google_sources();  // in the order they are asked

}  // namespace mlctl::keys
