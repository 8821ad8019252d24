#pragma once
// eval.html: what an evaluation found, for a person.

#include <string>
#include <vector>

#include "core/eval/evaluate.h"
#include "core/eval/evaluations.h"
#include "core/report/page.h"

namespace mlctl {

struct EvalReport {
  const Evaluation* evaluation = nullptr;
  const Findings* findings = nullptr;
  const Dataset* dataset = nullptr;
  std::vector<Example> examples;      // of findings.worst
  std::string model, data, baseline;  // as the user wrote them
};
std::string html_report(const EvalReport& report);

namespace report {
// The parts, by task.
void add_class_sections(Page& page, const EvalReport& report);
void add_value_sections(Page& page, const EvalReport& report);
}  // namespace report

}  // namespace mlctl
