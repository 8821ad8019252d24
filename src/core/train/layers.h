#pragma once
// The manifest's `model:` as a Network: named models become their layers.

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/engine/network.h"
#include "core/model/package.h"
#include "core/model/preprocess.h"

namespace mlctl {

// `model` is {name: …, parameters} or {layers: […]}. A model for other data → 7; a layer that does not fit →
// 7, or 3 when it is not a layer at all, both naming it ("model.layers[4] (maxpool2d): …").
Result<Network> build_network(const nlohmann::ordered_json& model, const InputSpec& input, int64_t outputs);

}  // namespace mlctl
