#pragma once
// The statistics that an endpoint gives at /v2/stats, checked: their parts need not fit together.

#include <string>

#include <nlohmann/json.hpp>

#include "core/monitor/report.h"

namespace mlctl::monitor {

// Fills model, revision and features. Bins that do not match their edges or values, counts that are negative
// or too large to be summed, a value of the wrong type → 9, naming the key.
Result<> read_stats(const nlohmann::ordered_json& document, const std::string& where, Look& look);

}  // namespace mlctl::monitor
