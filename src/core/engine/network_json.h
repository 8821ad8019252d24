#pragma once
// The network as a part of model.json.

#include "core/engine/network.h"
#include "core/text/json_fields.h"

namespace mlctl {

Result<Network> network_from_json(const Fields& document);  // inside decode_json

}  // namespace mlctl
