#pragma once
// A monitor report for people.

#include <string>
#include <vector>

#include "cmd/shell/context.h"
#include "core/monitor/report.h"
#include "core/monitor/rules.h"

namespace mlctl {

std::string monitor_view(const Context& context, const monitor::Report& report,
                         const std::vector<monitor::Alert>& alerts);

}  // namespace mlctl
