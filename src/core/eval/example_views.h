#pragma once
// Examples as a report shows them.

#include <functional>
#include <string>
#include <vector>

#include "core/eval/report.h"
#include "core/report/page.h"

namespace mlctl::report {

// A picture for the page: small ones as they are, large ones scaled down; a damaged one is a grey square.
Picture thumbnail(const std::string& encoded);

// One row per mistake: number, truth, said and certainty or error (`verdict`), then the example's text or
// fields.
std::string mistakes_table(const EvalReport& report,
                           const std::function<std::vector<Cell>(const Mistake&)>& verdict);

}  // namespace mlctl::report
